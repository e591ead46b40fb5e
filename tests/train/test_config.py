from typing import get_args

import pytest

from cm_core.detailer import Detailer
from cm_core.errors import ConfigError
from cm_core.losses import WEIGHTS
from cm_core.precondition import C_NOISE
from cm_core.solvers import SOLVERS
from train import config, preset_table
from train.__main__ import main
from train.data import loading
from train.objectives import OBJECTIVES
from train.objectives.discrete import DISTANCES
from train.optimise import OPTIMISERS
from train.recipe import runs_of

TINY = 'name="x"\nobjective="edm"\nimages=8\n'


PRESETS = sorted(config.PRESETS.rglob("*.toml"))
RUNS = [run for preset in PRESETS for run in runs_of(preset).items()]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_preset_says_the_command_that_runs_it(preset):
    recipe = ": " in next(iter(runs_of(preset)))
    command = "reproduce" if recipe else "run"
    assert f"-m train {command} {preset.stem}" in preset.read_text()


@pytest.mark.parametrize("run", [run for _, run in RUNS], ids=[name for name, _ in RUNS])
def test_every_preset_names_what_there_is(run):
    objective = OBJECTIVES[run.objective]
    drawn = objective.form is not Detailer
    assert run.images > run.batch > 0 and (run.net.image_size == run.data.size or not drawn)
    assert bool(run.teacher) >= objective.needs_teacher
    assert run.c_noise in C_NOISE
    assert run.pd.levels % 2**run.pd.stages == 0


def test_presets_may_name_all_that_there_is():
    assert set(get_args(config.ObjectiveName)) == OBJECTIVES.keys()
    assert set(get_args(config.SourceName)) == {*loading.LOADERS, "huggingface"}
    assert set(get_args(config.Optimiser)) == OPTIMISERS.keys()
    assert set(get_args(config.Solver)) == SOLVERS.keys()
    assert set(get_args(config.Distance)) == DISTANCES.keys()
    assert set(get_args(config.Weighting)) == WEIGHTS.keys()


def test_the_list_tells_objective_net_and_cost():
    rows = {row.preset: row for row in (preset_table.describe(*run) for run in RUNS)}
    row = rows["imagenet64-edm"]
    assert row.objective == "edm" and row.net == "64px 192x[1,2,3,4] 295.1 M"
    assert row.images == "1,638 M" and row.batch == "4096"
    # 3 passes of 2.19e11 operations for each of 1638.4 million images, at 100e12 a second.
    assert 219 < float(row.gflop) < 220 and row.gpu == "125 days"
    assert rows["landscape64: model"].objective == "ect"
    assert rows["landscape-detail: detailer"].net.startswith("96px 32x[1,2,4]")


def test_the_last_average_is_the_one_of_a_half_life():
    values = {"name": "x", "objective": "edm", "images": 8, "batch": 4, "ema": [0.9, 0.99]}
    assert config.build(values, "x").averages == ((0.9, 0.0), (0.99, 0.0))
    both = config.build(values | {"ema_halflife": 0.1}, "x")
    assert both.averages == ((0.9, 0.0), (0.99, 0.0), (0.0, 0.1))


def test_older_presets_are_read_by_their_names_of_settings():
    values = {"name": "x", "objective": "ect", "images": 8, "batch": 4}
    old = {"ema_share": 0.1, "ect": {"shares": [0.5, 0.5]}}
    new = {"ema_halflife": 0.1, "ect": {"fractions": [0.5, 0.5]}}
    assert config.build(values | old, "x") == config.build(values | new, "x")


def test_a_recipe_is_not_one_run():
    with pytest.raises(ConfigError, match="python -m train reproduce"):
        config.load("landscape64")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 1 = 2", "not valid TOML"),
        ('name = "x"', "'objective' is missing"),
        (f"{TINY}batch=4\nmicro_batch=3\nema=[0.9]", "micro_batch 3 does not divide"),
        (f'{TINY}batch=4\nema=[0.9]\nprecision="int8"', "'precision' should be 'fp32', "),
        ('name="x"\nobjective="edm"\nimages=1\nbatch=1', "give ema"),
        (f'{TINY}batch=4\nema=[0.9]\n[cd]\nsolver="rk4"', "'cd.solver' should be 'euler' or"),
        (f'{TINY}batch=4\nema=[0.9]\n[ect]\nweight="snr"', "'ect.weight' should be 'uniform',"),
        (f'{TINY}batch=4\nema=[0.9]\n[optim]\nname="sgd"', "'optim.name' should be 'adam',"),
        (TINY.replace("edm", "magic"), "'objective' should be 'edm', 'pd', 'cd', "),
        (
            f"{TINY}batch=4\nema=[0.9]\n[data]\nsource='zip'",
            "'data.source' should be 'landscapes', ",
        ),
        (f"{TINY}batch=4\nema=[0.9]\n[data]\nheld_out=0.1", "held_out is for source = folder"),
        (
            f"{TINY}batch=4\nema=[0.9]\n[data]\nsource='folder'\nheld_out=1.0",
            "'data.held_out' should be less than 1",
        ),
        ("learning_rate = 3", "'learning_rate' is no setting"),
        ("[optim]\nspeed = 3", "'optim.speed' is no setting"),
        (f"{TINY}batch=0\nema=[0.9]", "'batch' should be greater than or equal to 1, not 0"),
        (f"{TINY}batch=4.5\nema=[0.9]", "'batch' should be a valid integer, not 4.5"),
        (f"{TINY}batch=4\nema=[1.0]", "'ema.0' should be less than 1, not 1.0"),
        (f"{TINY}batch=4\nema=[nan]", "'ema.0' should be a finite number"),
        (f"{TINY}batch=4\nema=[0.9]\nsigma_data=nan", "'sigma_data' should be a finite"),
        (f"{TINY}batch=4\nema=[0.9]\nseed={2**64}", "'seed' should be less than"),
        (f"{TINY}batch=4\nema=[0.9]\nseed=-1", "'seed' should be greater than"),
        (f"{TINY}batch=4\nema=[0.9]\n[optim]\nlr=0", "'optim.lr' should be greater than 0"),
        (f"{TINY}batch=4\nema=[0.9]\n[optim]\ndecay=0", "'optim.decay' should be greater"),
        (f"{TINY}batch=4\nema=[0.9]\n[data]\nsize='big'", "'data.size' should be a valid int"),
        (f"{TINY}batch=4\nema=[0.9]\n[ect]\nfractions=[]", "'ect.fractions' should have"),
        (f"{TINY}batch=4\nema=[0.9]\n[ect]\nfractions=[0.5, 0.4]", "add up to 1, not to 0.9"),
        (f"{TINY}batch=4\nema=[0.9]\n[ict]\ns0=20\ns1=10", "not from 20 to 10"),
        (f"{TINY}batch=4\nema=[0.9]\n[net]\nchannel_mult=[]", "'net.channel_mult' should have"),
        (f"{TINY}batch=4\nema=[0.9]\n[net]\nimage_size=30", "sides of whole 4 pixels, not 30"),
        (f"{TINY}batch=2026-01-01\nema=[0.9]", "'batch' should be a valid integer"),
        (f"{TINY}batch=4\nema=[0.9]\nnet=3", "'net' should be an object"),
    ],
)
def test_bad_presets_are_refused_by_name(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        config.load(path)


def test_an_unknown_preset_lists_the_known(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["train", "run", "nothing"])
    assert main() == 2
    assert "landscape64, cifar10-cd" in capsys.readouterr().err
