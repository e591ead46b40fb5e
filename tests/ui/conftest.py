import pytest
from gradio_client import Client

from cm_core import Denoiser
from cm_core.labels import Labels
from tests.cm_core.test_model import tiny
from ui.page import launch
from ui.service.engine import Engine, Engines
from ui.service.tasks import Tasks

SIZE = 32
LABELS = Labels({"scene": ("alpine", "coast", "sea"), "light": ("day", "dusk", "night")})


@pytest.fixture(scope="session")
def engine():
    """A 32x32 network with random weights, and a teacher like it."""
    # With scale and shift its labels show: normalising single channels would take a sum out again.
    net = {"image_size": SIZE, "scale_shift": True}
    return Engine("tiny", tiny(labels=LABELS, **net), tiny(Denoiser, LABELS, **net))


@pytest.fixture(scope="session")
def tasks(engine):
    return Tasks(Engines(engine))


@pytest.fixture(scope="session")
def url(engine):
    """The page, served in this process."""
    page, url = launch(engine, prevent_thread_lock=True, quiet=True)
    yield url
    page.close()


@pytest.fixture(scope="session")
def client(url, tmp_path_factory):
    results = str(tmp_path_factory.mktemp("results"))
    # By default a download of the client's waits five seconds, which a busy machine may not keep.
    return Client(url, verbose=False, download_files=results, httpx_kwargs={"timeout": 60})
