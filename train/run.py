"""A run in progress, of any objective, and its optimiser step.

A step draws all of its random numbers from a generator seeded with (seed, images seen), so a
resumed run goes on as if it had never stopped.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Generator, Tensor, nn

from cm_core.checkpoints.checkpoint import TrainedModel, check_finite, save_checkpoint
from cm_core.errors import CheckpointError, ConfigError, TrainingError
from cm_core.model import Preconditioned
from train import snapshot
from train.build import make_model, make_objective
from train.config import RunConfig
from train.data import loading
from train.distributed import Processes
from train.ema import EMA
from train.objectives import Batch
from train.optimise import grad_norm, groups_of, learning_rate, make_optimiser
from train.precision import autocast
from train.progress import Progress

MAX_CONSECUTIVE_SKIPS = 100  # of steps without a finite gradient; then the run has diverged
STREAM_MASK = 0x9E3779B9  # changes a seed's lower 32 bits, for a second stream of numbers


def step_generator(seed: int, images: int, device: torch.device) -> Generator:
    """The generator of the micro-batch that starts at `images` seen.

    Also seeds torch's own generator, for dropout and for what objectives draw, with another seed:
    with the same one they would draw the batch's noise again.
    """
    mixed = (seed * 1_000_003 + images) % 2**63
    torch.manual_seed(mixed ^ STREAM_MASK)
    return Generator(device).manual_seed(mixed)


class Run:
    """A run in progress: model, objective, averages, optimiser, and how many images it has seen."""

    def __init__(
        self,
        config: RunConfig,
        resume: Path | None,
        device: torch.device,
        processes: Processes = Processes(),  # noqa: B008 - frozen
    ):
        self.config, self.device, self.processes = config, device, processes
        with processes.in_turn():
            self.source, self.held_out = loading.load(config.data, processes)
        # Convolutions are faster with channels last: by a sixth on CPUs, more on GPUs.
        channels_last = {"memory_format": torch.channels_last}
        self.model = make_model(config, self.source).to(device).to(**channels_last).train()
        self.source = self.source.to(device)
        self.objective = make_objective(config, self.model).to(device).to(**channels_last)
        self.emas = [EMA(self.model, decay, halflife) for decay, halflife in config.averages]
        # Parameters of the objective's own, learned with the model's.
        self.objective_parameters = [p for p in self.objective.parameters() if p.requires_grad]
        self.optimiser = make_optimiser(
            config.optim, list(self.model.parameters()), self.objective_parameters
        )
        self.grad_scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
        self.length = config.images  # of the whole run, in images
        self.images = self.skipped = 0
        self.consecutive_skips = 0
        self.warm_from = 0  # images seen when the optimiser started
        self.done = 0.0  # fraction of the run that was done when it was resumed
        if resume is not None:
            self.resume(resume)
            self.source.skip(self.images)
        net: nn.Module = self.model.net
        if config.compile:
            net = cast(nn.Module, torch.compile(net))
        self.ddp_net = processes.wrap(net) if self.objective.wrapped else net
        self.forward = self.model.with_net(self.ddp_net)

    def resume(self, folder: Path) -> None:
        """Go on from a full state, or from weight shards with a fresh optimiser."""
        state = snapshot.load_state(folder)
        if state is not None:
            self.restore(state, folder / snapshot.STATE)
        elif (shards := snapshot.load_shards(folder)) is not None:
            weights, self.images = shards
            self.warm_from = self.images
            self.take_weights(weights, folder)

    def restore(self, state: dict[str, Any], path: Path) -> None:
        """Take over a full state from its file. Raises ConfigError for one of another kind."""
        state = {"length": self.length, **state}  # states of older versions have no length
        own = self.state()
        try:
            theirs, ours = (groups_of(s.get("optimiser", {})) for s in (state, own))
            alike = state.keys() == own.keys() and state["emas"].keys() == own["emas"].keys()
            alike = alike and theirs == ours and isinstance(state["scaler"], dict)
            if alike:
                self.optimiser.load_state_dict(state["optimiser"])
                self.grad_scaler.load_state_dict(state["scaler"])
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError):
            alike = False
        if not alike:
            raise ConfigError(
                f"{path} was written by another version or with other EMAs: "
                "start anew with --init and one of its checkpoints."
            )
        saved = {"model": state["model"], "objective": state["objective"], **state["emas"]}
        self.take_weights(saved, path)
        self.images, self.warm_from = state["images"], state["warm_from"]
        self.skipped = state["skipped"]
        self.done = min(1.0, self.images / state["length"])

    def weights(self) -> dict[str, Mapping[str, Tensor]]:
        """All weights: those of the model, of the objective, and of each EMA by its name."""
        averages = {ema.name: ema.weights for ema in self.emas}
        return {
            "model": self.model.state_dict(),
            "objective": self.objective.state_dict(),
            **averages,
        }

    def take_weights(self, saved: Mapping[str, Mapping[str, Tensor]], path: Path) -> None:
        """Overwrite all weights with saved ones, of the names that `weights` gives."""
        for name, own in self.weights().items():
            snapshot.take_weights(own, saved.get(name, {}), path)

    def state(self) -> dict[str, Any]:
        """Everything needed to resume."""
        return {
            "model": self.model.state_dict(),
            "objective": self.objective.state_dict(),
            "emas": {ema.name: ema.weights for ema in self.emas},
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.grad_scaler.state_dict(),
            "images": self.images,
            "length": self.length,
            "warm_from": self.warm_from,
            "skipped": self.skipped,
        }

    def save(self, out: Path, shards: bool) -> None:
        """Write a checkpoint folder for each EMA, then the full state, and with `shards` shards.

        The state is written after the checkpoints, which so are complete where a state says that
        the run has ended. Raises TrainingError, with nothing written, where weights are not finite.
        """
        try:
            check_finite(self.model.state_dict(), out)
            check_finite(self.objective.state_dict(), out)
            for ema in self.emas:
                check_finite({k: v.half() for k, v in ema.weights.items()}, out)
        except CheckpointError:
            raise self.diverged() from None
        levels = self.objective.sigmas()
        if levels and isinstance(self.model, Preconditioned):
            self.model.config = replace(self.model.config, sigmas=levels)
        for ema in self.emas:
            save_checkpoint(self.model, out / ema.name, weights=ema.weights)
        snapshot.save_state(out, self.state())
        if shards:
            snapshot.save_shards(out, self.weights(), self.images)

    def diverged(self) -> TrainingError:
        """The error of a run whose weights or gradients are not finite."""
        return TrainingError(
            f"{self.config.name} has diverged: at {self.images:,} images its weights or gradients "
            "are no finite numbers. Nothing of that is saved; go on from the last save with "
            "another seed or a lower lr."
        )

    def fit(self, done: float) -> None:
        """Set the run's length so that the images seen so far are this fraction of it."""
        if self.images and done:
            self.length = max(self.images, round(self.images / done))

    @property
    def progress(self) -> Progress:
        """How far the run has come."""
        return Progress(self.images, self.length, self.config.batch)

    @contextmanager
    def averaged(self) -> Iterator[TrainedModel]:
        """A block in which the model has the weights of the last EMA and is in eval mode."""
        held = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.emas[-1].weights)
        try:
            yield self.model.eval()
        finally:
            self.model.load_state_dict(held)
            self.model.train()

    def micro_batches(self) -> tuple[int, list[int]]:
        """(pictures of a micro-batch, first image of each of this process's, in images seen).

        A micro-batch has random numbers of its own. So the step is the same whether several
        processes share the micro-batches or one process takes them in turn.
        """
        config, processes = self.config, self.processes
        size = config.micro_batch or config.batch // processes.size
        count, left = divmod(config.batch, size)
        if left or count % processes.size:
            raise ConfigError(
                f"{config.name}: a batch of {config.batch} in micro-batches of {size} cannot be "
                f"shared by {processes.size} processes."
            )
        return size, [self.images + size * i for i in range(processes.rank, count, processes.size)]

    def draw(self, at: int, size: int) -> Batch:
        """The pictures and random numbers of a micro-batch, on the training device."""
        generator = step_generator(self.config.seed, at, self.device)
        x0, label = loading.batch(self.source, self.config.data, size, generator)
        level = torch.randn(size, generator=generator, device=self.device)
        noise = torch.randn(x0.shape, generator=generator, device=self.device)
        return Batch(x0, label, noise, level)

    def step(self) -> tuple[Tensor, Tensor, float]:
        """Do one optimiser step: (losses, noise levels, gradient norm of the model).

        Losses and noise levels, (B,) each, are of this process's samples.
        """
        config, processes, before = self.config, self.processes, self.progress
        fine = self.objective.needs_fine_precision(before) and config.fine_precision
        size, starts = self.micro_batches()
        losses, times = [], []
        self.optimiser.zero_grad(set_to_none=True)
        for at in starts:
            batch = self.draw(at, size)
            last = at == starts[-1]
            with nullcontext() if last else processes.unsynced(self.ddp_net):
                with autocast(fine or config.precision, self.device):
                    loss, t = self.objective.loss(self.forward, self.model, batch, before)
                self.grad_scaler.scale(loss.mean() / len(starts)).backward()
            losses.append(loss.detach())
            times.append(t)
        processes.average(self.objective_parameters)
        if not self.objective.wrapped:
            processes.average(self.model.parameters())
        self.grad_scaler.unscale_(self.optimiser)
        norm = grad_norm(self.model.parameters())
        objective_norm = grad_norm(self.objective_parameters)
        self.images += config.batch
        if math.isfinite(norm + objective_norm):
            lr = learning_rate(config.optim, before, self.warm_from)
            for group in self.optimiser.param_groups:
                group["lr"] = lr
            self.grad_scaler.step(self.optimiser)
            for ema in self.emas:
                ema.update(self.model, self.images, config.batch)
            self.objective.after_step(self.model, self.progress)
            self.consecutive_skips = 0
        else:
            self.skipped += 1
            self.consecutive_skips += 1
            if self.consecutive_skips >= MAX_CONSECUTIVE_SKIPS:
                raise self.diverged()
        self.grad_scaler.update()
        return torch.cat(losses), torch.cat(times), norm
