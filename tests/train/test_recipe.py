"""Recipes as they are written and read."""

import pytest

from cm_core.errors import ConfigError
from train.config import PRESETS
from train.recipe import load_recipe
from train.reproduce import command


def test_budgets_lie_over_stages_over_what_all_share(tmp_path, toy):
    plain, gpu = (load_recipe(toy(), tmp_path, b).stages for b in ("cpu", "gpu"))
    read = [[(s.config.batch, s.config.images, s.config.optim.warmup) for s in p]
            for p in (plain, gpu)]  # fmt: skip
    assert read == [[(8, 80, 2), (8, 80, 2)], [(16, 80, 1), (16, 32, 1)]]
    assert [s.config.optim.lr for s in gpu] == [1e-3, 5e-4]
    assert command("toy", "runs/toy", "gpu").endswith(" reproduce toy --budget gpu")


@pytest.mark.parametrize(
    "old, new, said",
    [
        (
            '"edm"',
            '"edm"\npace = 1',
            r"toy\.toml, stage 'teacher' cannot work: 'pace' is no setting",
        ),
        ("{ lr = 5e-4 }", "{ rate = 1 }", "stage 'model' cannot work: 'optim.rate' is no setting"),
        ("batch = 8", "batches = 8", "stage 'teacher' cannot work: 'batches' is no setting"),
        ('teacher = "teacher"', 'teacher = "tutor"', "no stage before 'model' called 'tutor'"),
        ('name = "model"', 'name = "toy"', "'toy', needs another name"),
        ('"edm"', '"ddpm"', "stage 'teacher' cannot work: 'objective' should be 'edm'"),
        ("gpu.stage.model", "gpu.stage.modell", "budget 'gpu', has no stage 'modell'"),
        ("[[stage]]", "[[stages]]", "is no recipe"),
        ('name = "toy"\n', "", "is no recipe"),
        ('name = "toy"\n', 'name = "toy"\nstage = 3\n', "is not valid TOML"),
        ("size = 16\n[net]", "size = 16\ncount = 0.5\n[net]", "renders a number of pictures"),
    ],
)
def test_mistakes_are_named(tmp_path, toy, old, new, said):
    with pytest.raises(ConfigError, match=said):
        load_recipe(toy(**{old: new}), tmp_path, "gpu")


def test_unknown_names_are_refused(tmp_path, toy):
    with pytest.raises(ConfigError, match=r"no preset 'landscape': choose landscape.*landscape64"):
        load_recipe("landscape", tmp_path)
    with pytest.raises(ConfigError, match="no budget 'tpu': choose cpu, gpu"):
        load_recipe(toy(), tmp_path, "tpu")
    with pytest.raises(ConfigError, match="no stage 'last': it has teacher, model"):
        load_recipe(toy(), tmp_path).up_to("last")


@pytest.mark.parametrize("budget", ["cpu", "gpu"])
def test_the_recipe_that_ships(tmp_path, budget):
    recipe = load_recipe("landscape64", tmp_path, budget)
    teacher, model, finish = recipe.stages
    configs = [stage.config for stage in recipe.stages]
    assert [c.objective for c in configs] == ["edm", "ect", "ect-gan"]
    names = ["landscape64-teacher", "landscape64-model", "landscape64"]
    assert [c.name for c in configs] == names
    assert all((c.net, c.data) == (configs[0].net, configs[0].data) for c in configs)
    assert finish.config.init == str(model.weights) and model.config.init == str(teacher.weights)
    assert recipe.renders == 60_000 and teacher.config.data.size == teacher.config.net.image_size
    assert (model.config.ect.q, model.config.ect.fractions) == (4.0, (0.2, 0.35, 0.3, 0.15))
    first = next(PRESETS.rglob("landscape64.toml")).read_text().splitlines()[1]
    assert first == "#   python -m train reproduce landscape64"
