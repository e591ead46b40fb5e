import pytest

from cm_core.errors import ConfigError
from cm_core.losses import WEIGHTS
from cm_core.precondition import C_NOISE
from cm_core.solvers import SOLVERS
from train import config, data, listing
from train.__main__ import main
from train.loop import OPTIMISERS
from train.objectives import OBJECTIVES
from train.objectives.discrete import DISTANCES

TINY = 'name="x"\nobjective="edm"\nimages=8\n'


@pytest.mark.parametrize("preset", sorted(p.stem for p in config.PRESETS.glob("*.toml")))
def test_every_preset_can_be_read(preset):
    run = config.load(preset)
    assert run.images > run.batch > 0 and run.net.image_size == run.data.size
    assert f"-m train run {preset}" in (config.PRESETS / f"{preset}.toml").read_text()


@pytest.mark.parametrize("preset", sorted(p.stem for p in config.PRESETS.glob("*.toml")))
def test_every_preset_names_what_there_is(preset):
    run = config.load(preset)
    objective = OBJECTIVES[run.objective]
    assert bool(run.teacher) >= objective.needs_teacher
    assert run.optim.name in OPTIMISERS and run.c_noise in C_NOISE
    assert run.cd.solver in SOLVERS
    assert {run.cd.distance, run.ct.distance} <= DISTANCES.keys()
    weights = {run.cd.weight, run.ct.weight, run.continuous.weight, run.pd.weight}
    assert weights | {run.ect.weight, run.guide.weight} <= WEIGHTS.keys()
    assert run.pd.levels % 2**run.pd.stages == 0
    data.check(run.data)


def test_every_objective_has_a_preset_for_a_cpu():
    there = {config.load(p).objective for p in config.PRESETS.glob("emoji32-cpu-*.toml")}
    assert there | {"detail"} == set(OBJECTIVES)  # a detailer has its recipe


def test_the_list_tells_objective_net_and_cost():
    row = listing.describe("emoji64-edm")
    assert row.objective == "edm" and row.net == "64px 64x[1,2,3] 11.5 M"
    assert 4.0 < float(row.gflop) < 4.6 and row.images == "4 M"
    # 3 passes of 4.35e9 operations for each of 4 million images, at 100e12 a second.
    assert row.gpu == "9 min"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 1 = 2", "not valid TOML"),
        ('name = "x"', "incomplete"),
        (f"{TINY}batch=4\nmicro_batch=3\nema=[0.9]", "micro_batch 3 does not divide"),
        (f'{TINY}batch=4\nema=[0.9]\nprecision="int8"', "one of fp32, tf32, bf16, fp16"),
        ('name="x"\nobjective="edm"\nimages=1\nbatch=1', "give ema"),
        ("learning_rate = 3", "no setting 'learning_rate'"),
        ("[optim]\nspeed = 3", "no setting 'speed'"),
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
    assert "emoji" in capsys.readouterr().err
