"""Export of graph.onnx, the graph of a checkpoint's network without its weights."""

from pathlib import Path

import torch

from cm_core.checkpoints.checkpoint import load_checkpoint, write_atomically
from cm_core.checkpoints.graph import GRAPH, inputs_of
from cm_core.detail_net import FACTOR, TOLD, DetailNet
from cm_core.errors import CheckpointError
from cm_core.unet import UNet

Example = tuple[tuple[torch.Tensor, ...], tuple[dict, ...]]  # inputs, and their sizes that vary
MAX_BATCH, MAX_STEPS = 4096, 4096


def network_graph(net: UNet | DetailNet) -> bytes:
    """The ONNX graph of a network for any batch size. It names the weights and does not hold them.

    A detailer's takes pictures whose sides are any multiples of its stride.
    """
    import onnx
    from onnx.external_data_helper import set_external_data

    example, sizes = detailer_example(net) if isinstance(net, DetailNet) else unet_example(net)
    program = torch.onnx.export(
        net,
        example,
        input_names=inputs_of(net)[: len(example)],
        output_names=["raw"],
        dynamic_shapes=sizes,
        optimize=False,  # keeps the weights' names and shapes; the runtime optimises
        verbose=False,
    )
    assert program is not None  # as there is no file to write it to
    proto = onnx.ModelProto.FromString(program.model_proto.SerializeToString())
    weights = net.state_dict()
    for tensor in proto.graph.initializer:
        if tensor.name in weights:
            if not tensor.HasField("raw_data"):
                tensor.raw_data = weights[tensor.name].numpy().tobytes()
            set_external_data(tensor, "model.safetensors")
            tensor.ClearField("raw_data")
    for node in proto.graph.node:  # the lines of Python that it comes from
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    proto.graph.ClearField("value_info")
    return proto.SerializeToString()


def unet_example(net: UNet) -> Example:
    """Example inputs of a U-Net, and their dimensions that vary: the batch."""
    side, batch = net.config.image_size, torch.export.Dim("batch", min=1, max=MAX_BATCH)
    example = [torch.zeros(2, 3, side, side), torch.zeros(2)]
    if net.label is not None:
        example.append(torch.zeros(2, dtype=torch.long))
    return tuple(example), tuple({0: batch} for _ in example)


def detailer_example(net: DetailNet) -> Example:
    """Example inputs of a detailer's network, and what varies: batch, height and width."""
    batch, rows, columns = (
        torch.export.Dim(name, min=low, max=most)
        for name, low, most in (
            ("batch", 1, MAX_BATCH),
            ("rows", 2, MAX_STEPS),
            ("columns", 2, MAX_STEPS),
        )
    )
    large, small = net.config.stride, net.config.stride // FACTOR
    example = (
        torch.zeros(2, 3, 8 * large, 6 * large),
        torch.zeros(2),
        torch.zeros(2, TOLD),
        torch.zeros(2, 3, 8 * small, 6 * small),
    )
    sizes = (
        {0: batch, 2: large * rows, 3: large * columns},
        {0: batch},
        {0: batch},
        {0: batch, 2: small * rows, 3: small * columns},
    )
    return example, sizes


def export_graph(folder: str | Path) -> Path:
    """Write graph.onnx into a checkpoint folder of ours; returns its path.

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
