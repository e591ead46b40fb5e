"""Recipes: TOML files of several runs, one after the other.

A recipe has the settings that its stages share, a table [[stage]] for each stage, and in
[budget.NAME] the settings that another budget changes.
"""

from dataclasses import dataclass
from pathlib import Path

from cm_core.errors import ConfigError
from train import config, snapshot
from train.config import RunConfig, choice
from train.ema import name_of
from train.objectives import OBJECTIVES
from train.progress import Progress

DEFAULT_BUDGET = "cpu"  # the budget that a recipe's own values are for
START = "start"  # folder of the weights that a recipe begins from, where it was given some


@dataclass(frozen=True)
class Stage:
    """One run of a recipe, in a folder of its own."""

    name: str
    config: RunConfig
    folder: Path

    @property
    def weights(self) -> Path:
        """The checkpoint folder of its last EMA."""
        return self.folder / name_of(*self.config.averages[-1])

    @property
    def progress(self) -> Progress:
        """How far the stage has come, from its saved state."""
        state = snapshot.load_state(self.folder) or {"images": 0}
        length = state.get("length", self.config.images)
        return Progress(state["images"], length, self.config.batch)

    @property
    def work_left(self) -> float:
        """Network evaluations that are left to do, for a run as long as the recipe says."""
        work = OBJECTIVES[self.config.objective].passes * self.config.images
        return work * max(0.0, 1 - self.progress.fraction)


@dataclass(frozen=True)
class Recipe:
    """The stages in their order, and the number of pictures to render first."""

    name: str
    stages: tuple[Stage, ...]
    renders: int = 0

    def up_to(self, name: str | None) -> tuple[Stage, ...]:
        """The stages up to and including one; all of them for None."""
        names = [stage.name for stage in self.stages]
        if name is None:
            return self.stages
        if name not in names:
            raise ConfigError(f"{self.name} has no stage '{name}': it has {', '.join(names)}.")
        return self.stages[: names.index(name) + 1]


def merged(*tables: dict) -> dict:
    """Tables merged, and the tables in them. A later value replaces an earlier one."""
    made: dict = {}
    for table in tables:
        for key, value in table.items():
            below = made.get(key)
            inside = below if isinstance(below, dict) else {}
            made[key] = merged(inside, value) if isinstance(value, dict) else value
    return made


def load_recipe(
    preset: str | Path, out: Path, budget: str = DEFAULT_BUDGET, begun: bool = False
) -> Recipe:
    """A recipe by name (of train/presets) or path, whose stages have folders in `out`.

    A stage's settings are those of the recipe, of the stage, of the budget and of the budget's
    stage; a later value replaces an earlier one. A stage starts from the weights of the one before.
    Its `init` and `teacher` may name any earlier stage. begun: the first stage starts from the
    weights in `out`/start. Raises ConfigError.
    """
    file, values = config.read(preset)
    name, tables, budgets = (values.pop(k, {}) for k in ("name", "stage", "budget"))
    staged = tables and isinstance(tables, list) and all(isinstance(t, dict) for t in tables)
    if not isinstance(name, str) or not staged:
        raise ConfigError(f"{file} is no recipe: it needs a name and at least one [[stage]].")
    changes = merged(choice({DEFAULT_BUDGET: {}, **budgets}, budget, "budget"))
    of_stages = changes.pop("stage", {})

    stages: list[Stage] = []
    renders = 0
    for number, table in enumerate(tables, 1):
        stage = table.pop("name", f"stage {number}")
        where = f"{file}, stage '{stage}',"
        folders = {earlier.name: str(earlier.weights) for earlier in stages}
        if stage in (name, START, *folders):
            raise ConfigError(f"{where} needs another name: that one is taken.")
        settings = merged(values, table, changes, of_stages.pop(stage, {}))
        settings["name"] = name if number == len(tables) else f"{name}-{stage}"
        settings.setdefault("init", stages[-1].name if stages else "")
        for key in ("init", "teacher"):
            if settings.get(key):
                settings[key] = choice(folders, settings[key], f"stage before '{stage}' called")
        if begun and not stages:
            settings["init"] = str(out / START)
        if isinstance(data := settings.get("data"), dict):
            renders = data.pop("count", 0)
        run = config.build(settings, where.removesuffix(","))
        if not isinstance(renders, int) or renders < 0:
            raise ConfigError(f"{where} renders a number of pictures, not {renders!r}.")
        stages.append(Stage(stage, run, out / stage))
    if of_stages:
        raise ConfigError(f"{file}, budget '{budget}', has no stage '{min(of_stages)}'.")
    return Recipe(name, tuple(stages), renders)


def runs_of(preset: Path) -> dict[str, RunConfig]:
    """The runs of a preset by name: one, or each stage of a recipe."""
    _, values = config.read(preset)
    if "stage" not in values:
        return {preset.stem: config.load(preset)}
    stages = load_recipe(preset, Path("runs") / preset.stem).stages
    return {f"{preset.stem}: {stage.name}": stage.config for stage in stages}
