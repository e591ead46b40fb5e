"""The arithmetic of a training step, as far as the device has it."""

from contextlib import AbstractContextManager, nullcontext

import torch

HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 is worth its rounding: without units of its own (a CPU without AVX-512 BF16 or
    AMX, a GPU older than Ampere) it is emulated, and slower than fp32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return True
    units = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.backends.mkldnn.is_available() and units


def within_reach(precision: str, device: torch.device) -> str:
    """The precision, or fp32 in place of one that the device lacks: bf16, or on a CPU TF32."""
    lacks = precision == "bf16" and not has_bf16(device)
    lacks |= precision == "tf32" and device.type == "cpu"
    return "fp32" if lacks else precision


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """A step's arithmetic: bf16 or fp16 by autocast, TF32, or full fp32; bf16 as `within_reach`."""
    precision = within_reach(precision, device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    half = HALVES.get(precision)
    return torch.autocast(device.type, half) if half else nullcontext()
