import pickle

import pytest
import torch

from cm_core import ConsistencyModel, Denoiser, load_model
from cm_core.checkpoints.checkpoint import blank
from cm_core.checkpoints.imagenet import class_labels
from cm_core.checkpoints.key_maps import to_openai
from cm_core.checkpoints.read_openai import infer_unet
from cm_core.errors import CheckpointError
from cm_core.model import ModelConfig
from cm_core.schedule import karras_sigmas
from tests.cm_core.checkpoints.twins import FULL, IMAGENET, LSUN, openai_state, twin


def outputs(net, model, side, labels):
    """What the twin and ours make of the same input, time and label."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 3, side, side, generator=generator)
    time = torch.tensor([250 * 4.38, -300.0])
    with torch.no_grad():
        return net(x, time, class_labels=labels).sample, model.net(x, time, labels)


@pytest.mark.parametrize("family", ["imagenet", "lsun"])
def test_a_pt_gives_the_pictures_of_its_network(tmp_path, family):
    # Heads of 64 channels are what OpenAI's files are taken to have.
    if family == "imagenet":
        net = twin(IMAGENET)
    else:
        net = twin(LSUN, block_out_channels=(32,) * 5 + (64,), attention_head_dim=None)
    torch.save(openai_state(net), tmp_path / "m.pt")
    side = net.config.sample_size
    model = load_model(tmp_path / "m.pt", "cpu", image_size=side)
    labels = torch.tensor([3, 7]) if family == "imagenet" else None
    theirs, ours = outputs(net, model, side, labels)
    assert theirs.std() > 0.1
    assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("family", "tensors", "numbers", "side", "classes"),
    [("imagenet", 541, 295_899_267, 64, 1000), ("lsun", 566, 526_304_771, 256, 0)],
)
def test_the_published_networks_are_inferred(family, tensors, numbers, side, classes, tmp_path):
    with torch.device("meta"):
        state = openai_state(twin(FULL[family]))
    assert len(state) == tensors and sum(v.numel() for v in state.values()) == numbers
    unet = infer_unet(state, tmp_path)
    assert (unet.image_size, unet.num_classes) == (side, classes)
    assert unet.attention_sizes == (32, 16, 8)
    assert unet.channel_mult == ((1, 2, 3, 4) if family == "imagenet" else (1, 1, 2, 2, 4, 4))
    assert (unet.channels, unet.blocks) == ((192, 3) if family == "imagenet" else (256, 2))
    assert unet.scale_shift == (family == "imagenet")
    ours = to_openai(
        blank(
            ConsistencyModel,
            ModelConfig("m", unet, labels=class_labels(unet.num_classes)),
            tmp_path,
        ).state_dict()
    )
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in state.items()}


def test_preconditioning_labels_and_noise_levels_are_openais(tmp_path):
    torch.save(openai_state(twin(IMAGENET)), tmp_path / "cd_imagenet64_l2.pt")
    model = load_model(tmp_path / "cd_imagenet64_l2.pt", "cpu", image_size=16)
    config = model.config
    assert config.name == "cd_imagenet64_l2" and config.c_noise == "openai"
    assert (config.sigma_data, config.sigma_min, config.sigma_max) == (0.5, 0.002, 80.0)
    assert config.labels.count == 10 and config.labels.null is None
    assert model.sigmas_for(2) == pytest.approx([80.0, float(karras_sigmas(40)[22])])


def test_a_teacher_is_known_by_its_name(tmp_path):
    torch.save(openai_state(twin(IMAGENET)), tmp_path / "edm_imagenet64_ema.pt")
    teacher = load_model(tmp_path / "edm_imagenet64_ema.pt", "cpu", image_size=16)
    assert isinstance(teacher, Denoiser)


@pytest.mark.parametrize("prefix", ["model.", "ema.", "target_model.", "module.", "model.module."])
def test_prefixes_are_taken_off(tmp_path, prefix):
    state = openai_state(twin(IMAGENET))
    torch.save({prefix + k: v for k, v in state.items()}, tmp_path / "m.pt")
    model = load_model(tmp_path / "m.pt", "cpu", image_size=16)
    assert torch.equal(model.net.out_conv.bias, state["out.2.bias"])


def test_of_several_networks_the_average_is_taken(tmp_path):
    state = openai_state(twin(IMAGENET))
    other = {k: v + 1 for k, v in state.items()}
    for files in (
        {"model": other, "ema": state, "step": 5},
        {"model": other, "target_model": state},
        {**{f"model.{k}": v for k, v in other.items()}, **state},
    ):
        torch.save(files, tmp_path / "m.pt")
        model = load_model(tmp_path / "m.pt", "cpu", image_size=16)
        assert torch.equal(model.net.out_conv.bias, state["out.2.bias"])


def test_half_precision_is_loaded_in_single(tmp_path):
    state = {k: v.half() for k, v in openai_state(twin(IMAGENET)).items()}
    torch.save(state, tmp_path / "m.pt")
    model = load_model(tmp_path / "m.pt", "cpu", image_size=16)
    assert {v.dtype for v in model.state_dict().values()} == {torch.float32}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("out.2.bias"), "lacks the weight 'out.2.bias'"),
        (lambda s: s.pop("time_embed.0.weight"), "not an OpenAI consistency model"),
        (lambda s: s.pop("input_blocks.1.0.out_layers.3.weight"), "lacks the weight"),
        (lambda s: s.update({"out.3.bias": torch.ones(1)}), "unknown weight 'out.3.bias'"),
        (lambda s: s.update({"out.2.bias": torch.ones(6)}), r"'out.2.bias' is \(6,\)"),
        (lambda s: s.update({"label_emb.weight": torch.tensor(1.0)}), "wrong form"),
        (lambda s: s.update({"out.2.bias": torch.ones(3).to_sparse()}), "lacks the weight 'out"),
        (lambda s: s.update({"input_blocks.3.0.op.weight": torch.ones(1)}), "plain convolutions"),
        (lambda s: s.update({"output_blocks.9.0.x": torch.ones(1)}), "make no U-Net"),
    ],
)
def test_another_network_is_refused_by_name(tmp_path, change, message):
    state = openai_state(twin(IMAGENET))
    change(state)
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(CheckpointError, match=message):
        load_model(tmp_path / "m.pt", "cpu", image_size=16)


def test_a_cut_file_and_no_file_at_all_are_refused(tmp_path):
    path = tmp_path / "m.pt"
    torch.save(openai_state(twin(IMAGENET)), path)
    whole = path.read_bytes()
    for data in (whole[:-100], whole[: len(whole) // 2], b"", b"<html>not found</html>"):
        path.write_bytes(data)
        with pytest.raises(CheckpointError, match=r"m.pt is damaged or cut short"):
            load_model(path, "cpu")
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(path, "cpu")
    path.unlink()
    with pytest.raises(CheckpointError, match="There is no model"):
        load_model(path, "cpu")


class Code:
    """Pickles to a call that would leave a trace."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (open, (str(self.trace), "w"))


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_pt_is_refused_and_never_run(tmp_path, zipped):
    path, trace = tmp_path / "m.pt", tmp_path / "trace"
    state = {**openai_state(twin(IMAGENET)), "code": Code(trace)}
    if zipped:
        torch.save(state, path)
    else:
        path.write_bytes(pickle.dumps({"code": Code(trace)}, protocol=2))
    with pytest.raises(CheckpointError, match="never run"):
        load_model(path, "cpu")
    assert not trace.exists()
