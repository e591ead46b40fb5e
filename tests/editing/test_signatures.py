"""The front door: what help() shows of every task, and what a task makes of its stream."""

import inspect

import pytest
import torch

import editing
from cm_core import samplers
from cm_core.stream import OnStep, Step, last_of, last_x0

TASKS = [
    name
    for name in editing.__all__
    if not name.startswith("stream_") and inspect.isfunction(getattr(editing, name))
]
STREAMED = [name for name in TASKS if name not in ("add_noise", "self_consistency")]


@pytest.mark.parametrize("name", editing.__all__)
def test_a_task_names_and_types_all_that_it_takes(name):
    task = getattr(editing, name)
    for each in inspect.signature(task).parameters.values():
        assert each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL), each
        assert inspect.isclass(task) or each.annotation is not each.empty, each
    assert len(inspect.getdoc(task) or "") > 20


@pytest.mark.parametrize("name", STREAMED)
def test_a_task_takes_what_its_stream_takes_and_on_step(name):
    task = getattr(editing, name)
    twin = getattr(editing, "stream_" + name.removeprefix("sample_"))
    taken, streamed = inspect.signature(task), inspect.signature(twin)
    assert taken.parameters["on_step"].annotation == OnStep
    assert [p for p in taken.parameters.values() if p.name != "on_step"] == list(
        streamed.parameters.values()
    )
    assert task.__name__ == name and inspect.getdoc(twin) in task.__doc__
    assert "Raises" in task.__doc__
    assert task.__annotations__["return"] is taken.return_annotation
    assert taken.return_annotation is not streamed.return_annotation


def test_the_samplers_are_typed_as_well():
    for name in ("multistep", "euler", "heun"):
        sample = getattr(samplers, f"sample_{name}")
        assert sample.__name__ == f"sample_{name}"
        assert inspect.signature(sample).return_annotation is torch.Tensor


def test_a_task_returns_the_last_x0_and_tells_every_step():
    def stream_count(count: int, start: float = 0.0):
        """Steps."""
        for i in range(count):
            yield Step(i, 1.0, torch.zeros(1), torch.full((1,), start + i))

    count, seen = last_of(stream_count, last_x0), []
    assert count(3, start=10.0, on_step=seen.append).item() == 12
    assert [step.index for step in seen] == [0, 1, 2]
    assert count(2).item() == 1
    with pytest.raises(TypeError):
        count(2, stop=3)
