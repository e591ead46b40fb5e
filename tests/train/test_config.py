import pytest

from cm_core.errors import ConfigError
from train import config
from train.__main__ import main


@pytest.mark.parametrize("preset", sorted(p.stem for p in config.PRESETS.glob("*.toml")))
def test_every_preset_can_be_read(preset):
    run = config.load(preset)
    assert run.images > run.batch > 0 and run.net.image_size == run.data.size
    assert f"python -m train run {preset}" in (config.PRESETS / f"{preset}.toml").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 1 = 2", "not valid TOML"),
        ('name = "x"', "incomplete"),
        ('name="x"\nobjective="gan"\nimages=1\nbatch=1\nema=[0.9]', "edm or ect"),
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
