"""bf16 where the processor has it, fp32 where it would crawl."""

import pytest
import torch

from train import precision
from train.muon import orthogonal

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(params=[True, False])
def has(request, monkeypatch):
    """Processors with or without bf16 instructions."""

    def natively(including_emulation=True):
        return request.param or including_emulation

    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: request.param)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", natively)
    return request.param


def test_a_step_falls_back_to_fp32_only_where_bf16_is_missing(has):
    for device in (CPU, GPU):
        assert precision.supported("bf16", device) == ("bf16" if has else "fp32")
    assert [precision.supported(p, CPU) for p in ("fp32", "tf32", "fp16")] == [
        "fp32",
        "fp32",
        "fp16",
    ]
    assert precision.supported("tf32", GPU) == "tf32"
    a = torch.ones(4, 4)
    with precision.autocast("bf16", CPU):
        assert (a @ a).dtype == (torch.bfloat16 if has else torch.float32)


def test_orthogonal_directions_are_the_same_but_for_rounding(has):
    matrix = torch.randn(40, 90, generator=torch.Generator().manual_seed(0))
    made = orthogonal(matrix[None])[0]
    assert made.dtype == torch.float32
    assert torch.linalg.svdvals(made).sub(1).abs().max() < 0.35
    coarse = (made - made.bfloat16().float()).abs().max() == 0  # bf16 leaves 8 bits
    assert bool(coarse) == has
