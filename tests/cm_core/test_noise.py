import numpy as np
import pytest
import torch

from cm_core.errors import SettingError
from cm_core.noise import generators, randn


def drawn(seed, batch=2):
    return randn((batch, 3), generators(seed, batch))


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.array, torch.tensor])
def test_whole_numbers_of_any_library_are_seeds(kind):
    assert torch.equal(drawn(kind(7)), drawn(7))
    assert torch.equal(drawn([kind(7), kind(3)]), drawn([7, 3]))
    assert torch.equal(drawn(7), drawn([7, 8]))


def test_a_series_of_seeds_is_one_each():
    assert torch.equal(drawn(np.array([7, 3])), drawn([7, 3]))
    assert torch.equal(drawn(range(4, 6)), drawn(4))
    with pytest.raises(SettingError, match="3 seeds were given for 2 pictures"):
        generators([1, 2, 3], 2)


@pytest.mark.parametrize("seed", [2**64 - 1, -(2**63)])
def test_seeds_go_as_far_as_64_bits(seed):
    generators(seed, 1)
    with pytest.raises(SettingError, match="64 bits at most"):
        generators(seed + (1 if seed > 0 else -1), 1)
    with pytest.raises(SettingError, match="64 bits at most"):
        generators(2**64 - 1, 2)  # of which the second is one more


@pytest.mark.parametrize("seed", [None, "7", 1.5, [1.5], [None], np.array([0.5]), {}.get])
def test_what_is_no_whole_number_is_no_seed(seed):
    with pytest.raises(SettingError, match="There is no seed"):
        generators(seed, 1)
