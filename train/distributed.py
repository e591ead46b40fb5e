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

TIMEOUT = timedelta(hours=1)  # of processes that wait for the one that writes or downloads


@dataclass(frozen=True)
class Processes:
    """The number of this process, `rank`, among the `size` processes of a run."""

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Whether this is the one process that prints and writes files."""
        return self.rank == 0

    def device(self, wanted: str | None) -> torch.device:
        """The device of this process: the CPU, or a GPU of its own. Raises ConfigError.

        wanted: "cpu", "cuda", or None for a GPU where there is one.
        """
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
        """A block whose backward passes do not average gradients; a later one does."""
        return net.no_sync() if isinstance(net, DistributedDataParallel) else nullcontext()

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Average over all processes the gradients of parameters that `wrap` does not know."""
        if self.size > 1:
            for parameter in parameters:
                if parameter.grad is not None:
                    dist.all_reduce(parameter.grad)
                    parameter.grad /= self.size

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """A block that the writing process runs first, so that the others find what it fetched."""
        if self.size > 1 and not self.writes:
            dist.barrier()
        yield
        if self.size > 1 and self.writes:
            dist.barrier()

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is True in any process."""
        if self.size == 1:
            return flag
        most = torch.tensor(float(flag), device=device)
        dist.all_reduce(most, dist.ReduceOp.MAX)
        return bool(most)

    def gather(self, parts: dict[int, Tensor]) -> dict[int, Tensor]:
        """The parts of all processes, by key, in each of them."""
        if self.size == 1:
            return parts
        everyone: list[dict] = [{}] * self.size
        dist.all_gather_object(everyone, parts)
        return {key: part for own in everyone for key, part in own.items()}

    def leave(self) -> None:
        """Leave the group of processes, once all of them have come to this line."""
        if self.size > 1:
            dist.barrier()
            dist.destroy_process_group()


def join() -> Processes:
    """Join the processes that torchrun started. Without torchrun there is this one alone."""
    if "RANK" not in os.environ or int(os.environ["WORLD_SIZE"]) == 1:
        return Processes()
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=TIMEOUT)
    return Processes(dist.get_rank(), dist.get_world_size())
