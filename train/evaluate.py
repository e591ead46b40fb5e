"""The evaluation of a consistency model beside its teacher, on fixed seeds and labels.

The samples of a row are drawn once and shared by its measures; student and teacher start from the
same labels and noise, each times its own boost. Labels are those of random training pictures:
p(x | label) with labels as frequent as in the data is to match the data's p(x), whereas the null
label is seen in a tenth of training at most.
"""

import copy
import dataclasses
import sys
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from cm_core import load_model
from cm_core.checkpoint import config_to_json, write_atomically
from cm_core.errors import SettingError
from cm_core.model import ConsistencyModel, Denoiser, ModelConfig, Preconditioned
from editing.tasks import spaced
from train import features, metrics, report
from train.edits import edit_rows
from train.fidelity import FidelityError, inception_measures
from train.grid import samples
from train.judge import NEAREST, Judge, judge_of

STEPS = (1, 2, 4, 8)
TEACHER_LEVELS = (5, 9, 18)
TRUTH_LEVELS = 40
SWEEP = (0.4, 0.6, 0.9, 1.3, 1.8, 2.5)  # beyond, a second step draws another picture
LAST = 0.3
BOOSTS = (1.0, 1.25, 1.5)  # beyond, KID falls further, but shapes come apart to the eye
SWEEP_SEED = 1_000_000  # of the noise that levels are chosen with: not the table's
BATCH = 64


def draw(
    model: Preconditioned,
    count: int,
    steps: int,
    label: Tensor | None,
    seed: int = 0,
) -> Tensor:
    """Samples as they are shown, in [-1, 1], from seeds seed, seed + 1, ...: (count, 3, H, W)."""
    made = []
    with tqdm(total=count, desc=f"{model.kind}, {steps} steps", unit="picture") as bar:
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            part = None if label is None else label[start : start + size]
            made.append(samples(model, size, steps, seed + start, part).clamp(-1, 1))
            bar.update(size)
    return torch.cat(made)


def sample_rows(
    model: ConsistencyModel, teacher: Denoiser, judge: Judge, count: int, inception: bool
) -> tuple[list[dict], list[dict]]:
    """A row a model and step count: (our measures, torch-fidelity's where they can be taken)."""
    label = judge.label(model, count)
    truth = draw(teacher, count, TRUTH_LEVELS, label)
    rows, inception_rows = [], []

    def row(name: str, evaluations: int, made: Tensor) -> None:
        nonlocal inception
        head = {"model": name, "evaluations": evaluations}
        psnr = None if made is truth else metrics.psnr(made, truth)
        away = {"rmse": metrics.rmse(made, truth), "psnr": psnr}
        rows.append(head | away | judge.measures(made, label))
        if inception:
            try:
                inception_rows.append(head | inception_measures(made, judge.train.images))
            except FidelityError as error:
                print(error, file=sys.stderr)
                inception = False

    for steps in STEPS:
        row("consistency", steps, draw(model, count, steps, label))
    each = 2 if teacher.guided(label) else 1  # network evaluations of an evaluation
    for levels in TEACHER_LEVELS:
        row("teacher", each * (2 * levels - 1), draw(teacher, count, levels, label))
    row("teacher", each * (2 * TRUTH_LEVELS - 1), truth)
    return rows, inception_rows


def sweep(model: ConsistencyModel, judge: Judge, count: int) -> ModelConfig:
    """The config whose samples have the least KID-own to the held-out pictures set aside for
    choosing: the boost of pure noise by one step, at most the last of BOOSTS, then noise levels for
    2, 4 and 8 steps. The second level is swept; from there on they fall evenly in log to LAST.
    A boost below 1 was trained with, and stays."""
    label, top = judge.label(model, count), model.config.sigma_max
    tuned = copy.copy(model)

    def best(steps: int, configs: dict[str, ModelConfig]) -> ModelConfig:
        tried = {}
        for name, config in configs.items():
            tuned.config = config
            tried[name] = judge.kid_on_choosing(draw(tuned, count, steps, label, SWEEP_SEED))
            print(f"{steps} steps, {name}: KID-own {tried[name]:.4f}", flush=True)
        return configs[min(tried, key=tried.get)]

    found = dataclasses.replace(model.config, sigmas={1: (top,)})
    boosts = BOOSTS if found.boost >= 1 else (found.boost,)
    found = best(1, {f"boost {b}": dataclasses.replace(found, boost=b) for b in boosts})
    for steps in STEPS[1:]:
        configs = {}
        for second in SWEEP:
            levels = (top, *(round(s, 4) for s in spaced(second, LAST, steps - 1)))
            sigmas = found.sigmas | {steps: levels}
            configs[f"from {second}"] = dataclasses.replace(found, sigmas=sigmas)
        found = best(steps, configs)
    return found


def explained(judge: Judge, count: int) -> str:
    """How the figures came about, for the card."""
    named = " and ".join(
        f"the {axis} of {right:.0%} (naming the most frequent: {most:.0%})"
        for axis, (right, most) in features.accuracy(judge.net, judge.real).items()
    )
    axis = tuple(judge.train.labels.axes)[-1]
    return f"""\
{count} samples from seeds 0 to {count - 1}, labelled like random training pictures, against
{len(judge.real)} held-out pictures: one half of the held-out concepts, the other half being there
for `--sweep` to choose noise levels and boost on.

- *rmse*, *psnr*: to the teacher's {TRUTH_LEVELS}-level Heun picture from the same label and noise,
  which ours is given times the boost of its config; the evaluations are those of the network,
  two at a time where the teacher is guided.
- *KID-own*, *FD-own*, *precision* and *recall* (k = {NEAREST}): in the features of a small
  classifier of the training pictures, which names {named} of
  these held-out ones. KID and FID in Inception's features are other numbers. The last three change
  with the count of samples: compare them within one table.
- *memorisation*: median distance to the nearest training picture in these features, relative to
  that of held-out pictures. *copies*: the share nearer to one than 95 % of held-out pictures are;
  0.05 where nothing is copied.
- *named*: the share that the classifier gives the {axis} they were drawn for. It errs on true
  pictures too (last row), and less on typical ones. Where held-out pictures are labelled by a
  family of several, any of these is right for them, which is easier.
- *swd*: sliced Wasserstein distance of Laplacian patches. *std*: spread relative to held-out
  pictures.
- The last two rows are the floor, true pictures in place of samples; how far the two lie apart is
  what the choice of pictures alone can do."""


def check(model: Preconditioned, teacher: Preconditioned, count: int) -> None:
    """Refuse what cannot be compared."""
    for name, found, wanted in (
        ("checkpoint", model, ConsistencyModel),
        ("teacher", teacher, Denoiser),
    ):
        if not isinstance(found, wanted):
            raise SettingError(f"The {name} must be a {wanted.kind} model, not a {found.kind}.")
    ours, theirs = model.config, teacher.config
    if (ours.labels, ours.image_size) != (theirs.labels, theirs.image_size):
        raise SettingError("The teacher has other labels or another size than the checkpoint.")
    if ours.mean != theirs.mean:
        raise SettingError(
            "The teacher has another mean than the checkpoint: they would start from other noise."
        )
    if count <= NEAREST:
        raise SettingError(f"count is a number of samples, at least {NEAREST + 1}, not {count}.")


def evaluate(
    folder: Path,
    teacher: Denoiser,
    file: str,
    count: int,
    quality: Path | None,
    swept: bool,
    inception: bool = False,
) -> None:
    """Evaluate a checkpoint folder; the tables go into its card, the chart's numbers to `quality`.

    With `swept`, the best noise levels and boost are found first and stored in its config. With
    `inception`, FID and IS are measured too where torch-fidelity and its weights are at hand.
    Raises DataError, SettingError and CheckpointError.
    """
    model = load_model(folder, fast=True)
    check(model, teacher, count)
    judge = judge_of(model, file)
    if swept:
        model.config = sweep(model, judge, count)
        write_atomically(folder / "config.json", config_to_json(model).encode())
    rows, inception_rows = sample_rows(model, teacher, judge, count, inception)
    floor = judge.floor(count)
    in_inception = "FID, IS, precision and recall in Inception and VGG features: not measured."
    if inception_rows:
        in_inception = f"By torch-fidelity, against {len(judge.train)} training pictures:\n\n"
        in_inception += report.table(inception_rows)
    edits = report.table(edit_rows(model, judge.real))
    parts = [explained(judge, count), report.table(rows + floor), in_inception, edits]
    report.into_card(folder / "README.md", "\n\n".join(parts))
    if quality is not None:
        report.write_chart(quality, rows, floor[0]["KID-own"])
    print("\n\n".join(parts))
