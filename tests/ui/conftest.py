import pytest
import torch
from gradio_client import Client

from cm_core import Denoiser
from cm_core.detail_net import DetailNetConfig
from cm_core.detailer import Augmentation, Detailer, DetailerConfig
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
def detailer():
    """What makes pictures four times as large, with random weights."""
    torch.manual_seed(0)
    net = DetailNetConfig(channels=8, channel_mult=(1,), middle=1)
    about = DetailerConfig("tiny", net, augmentation=Augmentation(0.1, 1.0))
    made = Detailer(about).eval().requires_grad_(False)
    torch.nn.init.normal_(made.net.out_conv.weight, std=0.1)
    return made


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
