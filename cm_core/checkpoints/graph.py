"""A checkpoint's network run by ONNX Runtime, which takes about half of PyTorch's time on a CPU.

`graph.onnx` beside a checkpoint's weights says what its network computes; the weights themselves
stay in model.safetensors. `python -m train export NAME --format graph` writes it.
"""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn

from cm_core.detailer import Detailer
from cm_core.errors import CheckpointError
from cm_core.model import Preconditioned

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

GRAPH = "graph.onnx"
M = TypeVar("M", bound=Preconditioned | Detailer)


class GraphNet(nn.Module):
    """A network whose forward pass is run by ONNX Runtime; see `by_graph`."""

    inputs: tuple[str, ...]
    session: "InferenceSession"

    def forward(self, x: Tensor, *others: Tensor | None) -> Tensor:
        """The network's output by its graph; by PyTorch where the graph cannot do it."""
        named = zip(self.inputs, (x, *others), strict=False)
        given = {name: value for name, value in named if value is not None}
        label = given.get("label")  # the graph looks one up, and knows nothing between two
        between = label is not None and label.is_floating_point()
        if between or self.training or (torch.is_grad_enabled() and x.requires_grad):
            return super().forward(x, *others)
        (raw,) = self.session.run(None, {k: v.numpy() for k, v in given.items()})
        return torch.from_numpy(raw)


def inputs_of(net: nn.Module) -> tuple[str, ...]:
    """The names of a network's inputs, and of its graph's."""
    return tuple(inspect.signature(type(net).forward).parameters)[1:]


def by_graph(net: nn.Module, graph: bytes) -> nn.Module:
    """The network, of its own class and with its present weights, run by a graph of it.

    Raises ImportError where ONNX Runtime was not built for this machine, and its own errors.
    """
    import onnxruntime

    weights = {k: v.detach().numpy() for k, v in net.state_dict().items()}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Threads that wait would otherwise keep their cores busy, which others need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_external_initializers(
        list(weights), [onnxruntime.OrtValue.ortvalue_from_numpy(v) for v in weights.values()]
    )
    made: GraphNet = object.__new__(type(f"Graph{type(net).__name__}", (GraphNet, type(net)), {}))
    made.__dict__.update(net.__dict__)
    made.inputs = inputs_of(net)
    made.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return made


def run_by_graph(model: M, folder: Path) -> M:
    """The model, for sampling, with its network run by the folder's graph where it has one.

    It computes with the weights as they are now: train or change the model that was given. Raises
    CheckpointError where the graph is of another network.
    """
    path = folder / GRAPH
    if model.device.type != "cpu" or not path.is_file():
        return model
    try:
        return model.with_net(by_graph(model.net, path.read_bytes()))
    except ImportError:  # not built for every machine
        return model
    except Exception as error:  # the library's errors have no common base
        raise CheckpointError(
            f"{path} does not fit its checkpoint ({type(error).__name__}): write it anew by "
            f"'python -m train export {folder} --format graph'."
        ) from None
