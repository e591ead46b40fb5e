"""graph.onnx of a checkpoint: what its network computes, without the weights."""

from pathlib import Path

import torch

from cm_core.checkpoint import load_checkpoint, write_atomically
from cm_core.errors import CheckpointError
from cm_core.graph import GRAPH, INPUTS
from cm_core.unet import UNet

MAX_BATCH = 4096


def network_graph(net: UNet) -> bytes:
    """The ONNX graph of a network, any batch size; its weights are named in it, not held."""
    import onnx
    from onnx.external_data_helper import set_external_data

    side = net.config.image_size
    batch = torch.export.Dim("batch", min=1, max=MAX_BATCH)
    example = [torch.zeros(2, 3, side, side), torch.zeros(2)]
    if net.label is not None:
        example.append(torch.zeros(2, dtype=torch.long))
    program = torch.onnx.export(
        net,
        tuple(example),
        input_names=INPUTS[: len(example)],
        output_names=["raw"],
        dynamic_shapes=tuple({0: batch} for _ in example),
        optimize=False,  # keeps the weights' names and shapes; the runtime optimises
        verbose=False,
    )
    proto = onnx.ModelProto.FromString(program.model_proto.SerializeToString())
    weights = net.state_dict()
    for tensor in proto.graph.initializer:
        if tensor.name in weights:
            if not tensor.HasField("raw_data"):
                tensor.raw_data = weights[tensor.name].numpy().tobytes()
            set_external_data(tensor, "model.safetensors")
            tensor.ClearField("raw_data")
    for node in proto.graph.node:  # where in the Python code it comes from
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    proto.graph.ClearField("value_info")
    return proto.SerializeToString()


def export_graph(folder: str | Path) -> Path:
    """Write graph.onnx into a checkpoint folder of ours and give its path.

    Raises CheckpointError.
    """
    folder = Path(folder)
    model = load_checkpoint(folder)
    try:
        graph = network_graph(model.net)
    except ImportError as error:
        raise CheckpointError(f"Writing a graph needs another package: {error}.") from None
    write_atomically(folder / GRAPH, graph)
    return folder / GRAPH
