import pytest

from tests.train.data.plain import plain


@pytest.fixture
def classes(tmp_path):
    """Thirty plain pictures of odd sizes in three classes, one class with folders of its own."""
    for i in range(30):
        name = ["birds", "cats/grey", "dogs"][i % 3]
        plain(tmp_path / name / f"{i:02}.png", (i, 100, 200), (20 + i, 45 - i))
    return tmp_path
