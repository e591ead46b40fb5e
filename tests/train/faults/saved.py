"""What a run has left in its folder."""

import torch

from train import snapshot

CPU = torch.device("cpu")


def content(folder):
    """Every file below a folder but its log and lock."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name not in ("log.jsonl", ".lock"))
    return {p.relative_to(folder): p.read_bytes() for p in files}


def images(folder):
    return snapshot.load_state(folder)["images"]
