"""The processes that train one run together, as torchrun starts them."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from cm_core.errors import ConfigError

PATIENCE = timedelta(hours=1)  # others wait so long for the one that writes, or downloads


@dataclass(frozen=True)
class Processes:
    """This process's place among those of the run."""

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Whether this is the one process that prints and writes files."""
        return self.rank == 0

    def device(self, wanted: str | None) -> torch.device:
        """The device of this process: each its own CUDA card, or the CPU. Raises ConfigError."""
        if wanted is None:
            wanted = "cuda" if torch.cuda.is_available() else "cpu"
        if wanted == "cuda" and self.size > 1:
            wanted = f"cuda:{os.environ['LOCAL_RANK']}"
            torch.cuda.set_device(wanted)
        if wanted.split(":")[0] not in ("cpu", "cuda"):
            raise ConfigError(f"There is no device '{wanted}': it is cpu or cuda.")
        if wanted != "cpu" and not torch.cuda.is_available():
            raise ConfigError("There is no CUDA card here that PyTorch can use: take --device cpu.")
        return torch.device(wanted)

    def wrap(self, net: nn.Module) -> nn.Module:
        """The network with its gradients averaged over all processes."""
        return DistributedDataParallel(net) if self.size > 1 else net

    def unsynced(self, net: nn.Module):
        """A block whose backward passes leave gradients for a later one to average."""
        return net.no_sync() if isinstance(net, DistributedDataParallel) else nullcontext()

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Average the gradients of parameters outside of the wrapped network."""
        if self.size > 1:
            for parameter in parameters:
                if parameter.grad is not None:
                    dist.all_reduce(parameter.grad)
                    parameter.grad /= self.size

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """A block that the writer runs first: what it fetches, the others find."""
        if self.size > 1 and not self.writes:
            dist.barrier()
        yield
        if self.size > 1 and self.writes:
            dist.barrier()

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is up in any process."""
        if self.size == 1:
            return flag
        told = torch.tensor(float(flag), device=device)
        dist.all_reduce(told, dist.ReduceOp.MAX)
        return bool(told)

    def gather(self, parts: dict[int, Tensor]) -> dict[int, Tensor]:
        """The parts of all processes together."""
        if self.size == 1:
            return parts
        everyone: list[dict] = [{}] * self.size
        dist.all_gather_object(everyone, parts)
        return {key: part for own in everyone for key, part in own.items()}

    def leave(self) -> None:
        """Part from the others, once all have come here."""
        if self.size > 1:
            dist.barrier()
            dist.destroy_process_group()


def join() -> Processes:
    """Join the processes that torchrun started; alone where it did not."""
    if "RANK" not in os.environ or int(os.environ["WORLD_SIZE"]) == 1:
        return Processes()
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)
    return Processes(dist.get_rank(), dist.get_world_size())
