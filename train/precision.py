"""The floating-point precision of a training step, where the device supports it."""

from contextlib import AbstractContextManager, nullcontext

import torch

HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def has_bf16(device: torch.device) -> bool:
    """Whether a device computes in bf16 itself.

    A CPU without AVX-512 BF16 or AMX and a GPU older than Ampere emulate it, slower than fp32.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return True
    units = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.backends.mkldnn.is_available() and units


def supported(precision: str, device: torch.device) -> str:
    """The precision, or fp32 where the device lacks it: bf16, or TF32 on a CPU."""
    lacks = precision == "bf16" and not has_bf16(device)
    lacks |= precision == "tf32" and device.type == "cpu"
    return "fp32" if lacks else precision


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """A block in a precision, or in fp32 where it is not `supported`; bf16 and fp16 by autocast."""
    precision = supported(precision, device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    half = HALVES.get(precision)
    return torch.autocast(device.type, half) if half else nullcontext()
