"""The whole evaluation of a checkpoint, for its card and the page's chart."""

import dataclasses
import json
import statistics
from pathlib import Path

from cm_core import load_model
from cm_core.checkpoints.checkpoint import config_to_json, write_atomically
from cm_core.detailer import Detailer
from cm_core.errors import SettingError
from cm_core.model import ConsistencyModel
from train.evaluation import card, edits, large, main_job, samples
from train.evaluation.bench import QUICK, Bench, Features, Sizes, prepare
from train.evaluation.card import Row
from train.evaluation.choose import chosen
from train.evaluation.classifier import train_classifier
from train.evaluation.features import Lite2Features
from train.evaluation.kid import PARTS
from train.evaluation.scenes import Renderer, landscapes
from train.evaluation.teacher import Teacher, load_teacher

Tables = dict[str, list[Row]]
HEAD = ("what", "evaluations", "strength")  # the columns that identify a row
TITLES = {
    "main job": "Crude paintings finished",
    "goals": "Goals at the default strength",
    "from nothing": "Pictures from nothing",
    "edits": "Edits",
    "large": "Crude paintings finished, by the detailer four times as large",
    "enlarged": "Renders a quarter as large, enlarged by the detailer",
    "goals of enlarging": "Goals of the detailer",
}


def evaluate(
    folder: Path,
    teacher: str,
    sizes: Sizes,
    choose: bool = False,
    quality: Path | None = None,
    renderer: Renderer | None = None,
    features: Features | None = None,
    detailer: Detailer | None = None,
    large_features: Features | None = None,
) -> Tables:
    """Evaluate a checkpoint folder, its teacher, and a detailer if one is given.

    The tables are written into the folder's card. choose: choose noise levels and strength first,
    and write them to its config. quality: a JSON file for the tables and the page's chart. Raises
    CheckpointError, SettingError, ConfigError.
    """
    model, theirs = load_model(folder, fast=True), load_teacher(teacher)
    renderer = renderer or landscapes()
    check(model, theirs, sizes, renderer)
    features = features or Lite2Features().to(model.device)
    side = model.config.image_size
    if choose:
        model.config = chosen(model, prepare("choosing", sizes, side, renderer, features))
        write_atomically(folder / "config.json", config_to_json(model).encode())
    bench = prepare("reported", sizes, side, renderer, features)
    tables = measured(model, theirs, bench, sizes)
    if detailer is not None:
        seen = large_features or Lite2Features(large.SIDE)
        tables |= measured_large(model, detailer, large.prepare(sizes, side, renderer, seen), sizes)
    text = described(tables, sizes, model.config.strength)
    card.into_card(folder / "README.md", text)
    if quality is not None:
        write_quality(quality, tables, sizes)
    print(text)
    return tables


def measured(model: ConsistencyModel, teacher: Teacher, bench: Bench, sizes: Sizes) -> Tables:
    """Every table by name: means over repetitions, and their standard deviation as `spread`."""
    counts = len(bench.renderer.scenes), len(bench.renderer.lights)
    classifier = train_classifier(bench.training_features, bench.training, counts)
    runs = []
    for seed in range(sizes.seeds):
        runs.append(
            {
                "main job": main_job.rows(model, teacher, bench, sizes, seed),
                "from nothing": samples.rows(model, teacher, bench, classifier, sizes, seed),
                "edits": edits.rows(model, bench, sizes.edits, seed),
            }
        )
    tables = {name: combined([run[name] for run in runs]) for name in runs[0]}
    tables["main job"] = main_job.compared(tables["main job"])
    tables["goals"] = main_job.goals(tables["main job"], model.config.strength)
    return {name: tables[name] for name in TITLES if name in tables}


def measured_large(
    model: ConsistencyModel, detailer: Detailer, bench: Bench, sizes: Sizes
) -> Tables:
    """The tables of a detailer, as `measured` gives those of a model."""
    seeds = range(sizes.seeds)
    tables = {
        "large": combined([large.rows(model, detailer, bench, s) for s in seeds]),
        "enlarged": combined([large.enlarged(detailer, bench, sizes.edits, s) for s in seeds]),
    }
    return tables | {"goals of enlarging": large.goals(tables["enlarged"])}


def combined(runs: list[list[Row]]) -> list[Row]:
    """The rows of several repetitions as one: the mean of each measure.

    `spread` is the standard deviation of KID between repetitions; None for a single one.
    """
    groups: dict[tuple, list[Row]] = {}
    for row in (row for run in runs for row in run):
        groups.setdefault(tuple(row.get(name) for name in HEAD), []).append(row)
    return [mean_of(rows) for rows in groups.values()]


def mean_of(rows: list[Row]) -> Row:
    """The mean of rows. A number that some lack is the mean of the others'."""
    made: Row = {}
    for name, first in rows[0].items():
        if name in HEAD or isinstance(first, str):
            made[name] = first
            continue
        values = [row[name] for row in rows if row[name] is not None]
        made[name] = statistics.fmean(values) if values else None
        if name == "KID-lite2":
            made["spread"] = statistics.stdev(values) if len(values) > 1 else None
    return made


def described(tables: Tables, sizes: Sizes, strength: float) -> str:
    """The tables in Markdown, with an explanation of their measures."""
    again = quantity(sizes.seeds, "repetition")
    text = f"""\
{sizes.count} held-out scenes ({sizes.edits} for edits), {again} with other noise,
against {sizes.reference} other held-out renders. Noise levels and the default strength, here
{strength:g}, are chosen (`--choose`) on held-out scenes that are not among these.

- *KID-lite2*: kernel distance in features of EfficientNet-Lite2, which has seen photographs only;
  0 for true renders, and below by chance. It is not FID, nor the KID of Inception's features.
  *spread*: its standard deviation between repetitions; *error*: its standard error from the choice
  of scenes and renders.
- *RMSE*: of 8x8 means to the painting, in units of [-1, 1]. *teacher's*: the teacher's KID-lite2 at
  the same RMSE, on straight lines between its rows, which begin at the painting; *ratio*: ours over
  that. *ms*: a picture alone, on the machine that measured.
- *to teacher*: RMSE to the teacher's picture of the most evaluations from the same noise.
  *nearest*: median distance to the nearest of {sizes.known} training renders over that of held-out
  ones; *copies*: the fraction nearer than 95 % of held-out ones, .05 where nothing is copied.
- *named*: the fraction of pictures whose scene, light, or both a small classifier of renders names
  as they were asked for; it errs on renders too.
- Larger pictures are measured by the same network at {large.SIDE} pixels; their KID-lite2 cannot be
  compared with that of the first tables."""
    parts = [f"**{TITLES[name]}**\n\n{card.table(rows)}" for name, rows in tables.items() if rows]
    return "\n\n".join([text, *parts])


def quantity(count: int, noun: str) -> str:
    """A count with its noun: 1 repetition, 2 repetitions."""
    return f"{count} {noun}{'s' * (count != 1)}"


def write_quality(file: Path, tables: Tables, sizes: Sizes) -> None:
    """Write the JSON of all tables and of the page's chart of samples.

    The chart shows a KID below 0 as 0.
    """
    kinds = {"ours": "consistency", "teacher": "teacher"}
    points = [
        {
            "model": kinds[row["what"]],
            "evaluations": row["evaluations"],
            "value": max(round(row["KID-lite2"], 6), 0.0),
            "spread": row["spread"] and round(row["spread"], 6),
        }
        for row in tables["from nothing"]
        if row["what"] in kinds
    ]
    floor = next(r["KID-lite2"] for r in tables["from nothing"] if r["what"] == "renders")
    chart = {
        "metric": "KID-lite2 (kernel distance to held-out renders in features of photographs)",
        "floor": round(floor, 6),
        "rows": points,
        "sizes": dataclasses.asdict(sizes),
        "tables": tables,
    }
    write_atomically(file, (json.dumps(chart, indent=2) + "\n").encode())


def check(model: ConsistencyModel, teacher: Teacher, sizes: Sizes, renderer: Renderer) -> None:
    """Raises SettingError for models and sizes that cannot be compared."""
    if not isinstance(model, ConsistencyModel):
        raise SettingError(f"The checkpoint must be a consistency model, not a {model.kind}.")
    ours, theirs = model.config, teacher.model.config
    if (ours.labels, ours.image_size) != (theirs.labels, theirs.image_size):
        raise SettingError("The teacher has other labels or another size than the checkpoint.")
    drawn = {"scene": set(renderer.scenes), "light": set(renderer.lights)}
    if {axis: set(names) for axis, names in ours.labels.axes.items()} != drawn:
        raise SettingError("The checkpoint's scenes and lights are not those that are rendered.")
    if min(sizes.count, sizes.edits) < 2 * PARTS or sizes.edits > sizes.count:
        raise SettingError(f"count is a number of scenes, at least {2 * PARTS}, not {sizes.count}.")
    if sizes.seeds < 1:
        raise SettingError(f"seeds is a number of repetitions, at least 1, not {sizes.seeds}.")


def sizes_for(quick: bool, count: int | None, seeds: int | None) -> Sizes:
    """The sizes of a quick or a full evaluation, with another number of scenes or repetitions."""
    sizes = QUICK if quick else Sizes()
    count = count or sizes.count
    edited = min(sizes.edits, count)
    return dataclasses.replace(sizes, count=count, edits=edited, seeds=seeds or sizes.seeds)
