"""A checkpoint's network run by ONNX Runtime, which takes about half of PyTorch's time on a CPU.

`graph.onnx` beside a checkpoint's weights says what its network computes; the weights themselves
stay in model.safetensors. `python -m train export NAME --format graph` writes it.
"""

from pathlib import Path

import torch
from torch import Tensor

from cm_core.errors import CheckpointError
from cm_core.model import Preconditioned
from cm_core.unet import UNet

GRAPH = "graph.onnx"
INPUTS = ("x", "c_noise", "label")


class GraphNet(UNet):
    """A UNet with its forward pass left to ONNX Runtime: the same weights, as they are now."""

    def __init__(self, net: UNet, graph: bytes):
        self.__dict__.update(net.__dict__)
        self.plain = type(net).forward
        import onnxruntime

        weights = {k: v.detach().numpy() for k, v in net.state_dict().items()}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Threads that wait would otherwise keep their cores busy, which others need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_external_initializers(
            list(weights), [onnxruntime.OrtValue.ortvalue_from_numpy(v) for v in weights.values()]
        )
        self.session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )

    def forward(self, x: Tensor, c_noise: Tensor, label: Tensor | None = None) -> Tensor:
        between = label is not None and label.is_floating_point()  # the graph looks one label up
        if between or self.training or x.requires_grad:
            return self.plain(self, x, c_noise, label)
        given = {k: v for k, v in zip(INPUTS, (x, c_noise, label), strict=True) if v is not None}
        (raw,) = self.session.run(None, {k: v.numpy() for k, v in given.items()})
        return torch.from_numpy(raw)


def run_by_graph(model: Preconditioned, folder: Path) -> Preconditioned:
    """The model, for sampling, with its network run by the folder's graph where it has one.

    It computes with the weights as they are now: train or change the model that was given. Raises
    CheckpointError where the graph is of another network.
    """
    path = folder / GRAPH
    if model.device.type != "cpu" or not path.is_file():
        return model
    try:
        return model.with_net(GraphNet(model.net, path.read_bytes()))
    except ImportError:  # not built for every machine
        return model
    except Exception as error:  # the library's errors have no common base
        raise CheckpointError(
            f"{path} does not fit its checkpoint ({type(error).__name__}): write it anew by "
            f"'python -m train export {folder} --format graph'."
        ) from None
