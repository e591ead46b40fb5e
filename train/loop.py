"""One training loop for every objective: read top to bottom.

A step draws all of its random numbers from a generator seeded with (seed, images seen), so a
resumed run goes on as if it had never stopped.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from torch import Generator, nn

from cm_core.checkpoint import load_checkpoint, save_checkpoint
from cm_core.errors import ConfigError
from cm_core.model import ModelConfig, Preconditioned
from train import data, snapshot
from train.augment import AUGMENT_DIM, augment
from train.config import OptimConfig, RunConfig
from train.ema import EMA
from train.grid import training_grid
from train.log import Log, held_out_errors
from train.objectives import OBJECTIVES, Batch

OPTIMISERS = {"adam": torch.optim.Adam, "radam": torch.optim.RAdam}
RESTART_WARMUP = 300  # steps, for a leg that finds weights but no optimiser


def learning_rate(optim: OptimConfig, step: int, progress: float) -> float:
    """Linear warm-up, flat, then a cosine from lr to lr_end over the last `decay` of the run."""
    into = max(0.0, progress - (1 - optim.decay)) / optim.decay
    cosine = (1 + math.cos(math.pi * min(into, 1.0))) / 2
    return (optim.lr_end + (optim.lr - optim.lr_end) * cosine) * min(1.0, step / optim.warmup)


def step_generator(seed: int, images: int, device: torch.device) -> Generator:
    """The generator of the step that starts at `images` seen; also seeds dropout."""
    mixed = (seed * 1_000_003 + images) % 2**63
    torch.manual_seed(mixed)
    return Generator(device).manual_seed(mixed)


def make_model(config: RunConfig, pictures: data.Pictures) -> Preconditioned:
    """The run's model: new, or with the weights of the checkpoint it starts from."""
    sigma_data = config.sigma_data or float(pictures.floats().std())
    net = {**vars(config.net), "num_classes": pictures.labels.count}
    net["augment_dim"] = AUGMENT_DIM if config.data.augment else 0
    torch.manual_seed(config.seed)
    about = ModelConfig(
        name=config.name,
        unet=type(config.net)(**net),
        sigma_data=round(sigma_data, 4),
        labels=pictures.labels,
    )
    model = OBJECTIVES[config.objective].model(about)
    if config.init:
        start = load_checkpoint(config.init)
        if start.config.labels != about.labels:
            raise ConfigError(f"{config.init} was trained on other labels than {config.name} uses.")
        snapshot.take_weights(model, start.state_dict(), Path(config.init))
    return model


def autocast(config: RunConfig, progress: float, device: torch.device):
    """The arithmetic of a step: bf16 by autocast, TF32, or full fp32."""
    fine = config.objective == "ect" and config.ect.stage(progress) > 1
    precision = (fine and config.fine_precision) or config.precision
    tf32 = precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()


class Run:
    """A run in progress: model, averages, optimiser and how many images it has seen."""

    def __init__(self, config: RunConfig, resume: Path | None, device: torch.device):
        self.config, self.device = config, device
        self.pictures, self.held_out = data.load(config.data)
        self.model = make_model(config, self.pictures).to(device).train()
        self.pictures = self.pictures.to(device)
        if device.type == "cuda":
            self.model = self.model.to(memory_format=torch.channels_last)
        self.emas = [EMA(self.model, decay=d) for d in config.ema]
        if config.ema_share:
            self.emas.append(EMA(self.model, share=config.ema_share))
        optim = config.optim
        kind = OPTIMISERS[optim.name]
        self.optimiser = kind(self.model.parameters(), lr=optim.lr, betas=optim.betas)
        self.images = self.skipped = 0
        self.warm_from = 0  # images seen when the optimiser started
        if resume is not None:
            self.resume(resume)
        self.forward = torch.compile(self.model) if config.compile else self.model

    def resume(self, folder: Path) -> None:
        """Go on from a full state, or from weight shards with a fresh optimiser."""
        state = snapshot.load_state(folder)
        if state is not None:
            snapshot.take_weights(self.model, state["model"], folder / snapshot.STATE)
            for ema in self.emas:
                ema.load(state["emas"][ema.name])
            self.optimiser.load_state_dict(state["optimiser"])
            self.images, self.warm_from = state["images"], state["warm_from"]
            self.skipped = state["skipped"]
            return
        shards = snapshot.load_shards(folder)
        if shards is None:
            return
        sets, self.images = shards
        self.warm_from = self.images
        snapshot.take_weights(self.model, sets["model"], folder)
        for ema in self.emas:
            ema.load(sets[ema.name])

    def save(self, out: Path, shards: bool) -> None:
        """Write the full state and a checkpoint folder an EMA; with `shards`, light copies too."""
        out.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "emas": {ema.name: ema.weights for ema in self.emas},
            "optimiser": self.optimiser.state_dict(),
            "images": self.images,
            "warm_from": self.warm_from,
            "skipped": self.skipped,
        }
        snapshot.save_state(out, state)
        for ema in self.emas:
            save_checkpoint(self.model, out / ema.name, weights=ema.weights)
        if shards:
            sets = {"model": state["model"], **state["emas"]}
            snapshot.save_shards(out, sets, self.images)

    def learning_rate(self, progress: float) -> float:
        """The schedule's rate, eased in once more where the optimiser was started anew."""
        steps = (self.images - self.warm_from) // self.config.batch
        eased = min(1.0, steps / RESTART_WARMUP) if self.warm_from else 1.0
        return eased * learning_rate(self.config.optim, self.images // self.config.batch, progress)

    @contextmanager
    def averaged(self) -> Iterator[Preconditioned]:
        """The model in eval mode with the weights of its last EMA, for as long as the block."""
        held = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.emas[-1].weights)
        try:
            yield self.model.eval()
        finally:
            self.model.load_state_dict(held)
            self.model.train()

    def step(self) -> tuple[torch.Tensor, torch.Tensor, float]:
        """One optimiser step: (loss a sample, t, gradient norm)."""
        config = self.config
        generator = step_generator(config.seed, self.images, self.device)
        progress = self.images / config.images
        x0, label = data.batch(self.pictures, config.data, config.batch, generator)
        told = None
        if config.data.augment:
            x0, told = augment(x0, config.data.augment, generator)
        objective = OBJECTIVES[config.objective]
        with autocast(config, progress, self.device):
            batch = Batch(x0, label, told)
            loss, t = objective.step(self.forward, batch, config, progress, generator)
        self.optimiser.zero_grad(set_to_none=True)
        loss.mean().backward()
        norm = float(nn.utils.get_total_norm([p.grad for p in self.model.parameters()]))
        self.images += config.batch
        if math.isfinite(norm):
            for group in self.optimiser.param_groups:
                group["lr"] = self.learning_rate(progress)
            self.optimiser.step()
            for ema in self.emas:
                ema.update(self.model, self.images, config.batch)
        else:
            self.skipped += 1
        return loss.detach(), t, norm


def train(
    config: RunConfig,
    out: Path,
    resume: Path | None = None,
    minutes: float = math.inf,
    save_every: float = 3.0,
    shards: bool = False,
    device: str | None = None,
) -> None:
    """Run a leg: to the end of the run, or until its minutes are over; saves as it goes."""
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    started = saved = time.monotonic()
    run = Run(config, resume, device)
    out.mkdir(parents=True, exist_ok=True)
    log = Log(out / "log.jsonl", config)
    log.start(run)

    def save() -> None:
        run.save(out, shards)
        log.held_out(run.images, held_out_errors(run))
        training_grid(run, out / "grid.png")

    while run.images < config.images and time.monotonic() - started < 60 * minutes:
        loss, t, norm = run.step()
        log.step(run, loss, t, norm)
        if time.monotonic() - saved > 60 * save_every:
            save()
            saved = time.monotonic()
    save()
