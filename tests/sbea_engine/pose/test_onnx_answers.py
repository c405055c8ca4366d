"""What ONNX Runtime answers against what torch answers with the same weights, in fp32."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from sbea_engine.cli import main
from sbea_engine.data import LabelSet
from sbea_engine.io.poses_store import open_poses
from sbea_engine.nn.onnx_session import CannotExport, OnnxMissing
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.factory import FAMILIES, create, load
from sbea_engine.pose.networks import NETWORKS, NetworkRequest, build_network
from sbea_engine.pose.onnx_answers import answer_through_onnx
from tests.fixtures.transformers_models import write_config

POINTS_PX, CONFIDENCE, MAPS = 1e-2, 1e-3, 1e-4
"""What both may be apart."""

SHAPES = [(1, (64, 96), (64, 96)), (5, (96, 64), (81, 63)), (2, (160, 128), (145, 1))]
"""Batch, rows and columns, and how many of these are picture."""


def seeded(network: nn.Module) -> nn.Module:
    """As if it had been trained: statistics of normalisation that do something."""
    generator = torch.Generator().manual_seed(3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.running_var, module.weight, module.bias):
                assert isinstance(values, Tensor)
                values.data.copy_(torch.rand(values.shape, generator=generator) + 0.2)
    return network.eval()


def noise(batch: int, size: tuple[int, int], channels: int) -> Tensor:
    generator = torch.Generator().manual_seed(batch)
    return torch.randint(0, 256, (batch, channels, *size), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("colour", ["grey", "rgb"])
@pytest.mark.parametrize("family", NETWORKS)
def test_a_network_answers_alike_for_any_batch_and_size(family: str, colour: str) -> None:
    torch.manual_seed(1)
    config = PoseConfig.from_dict({"family": family, "preset": "tiny", "colour": colour})
    request = NetworkRequest(individuals=2, keypoints=3, config=config, size=config.size)
    network = seeded(build_network(request))
    pictures = [(noise(batch, size, config.in_channels), valid) for batch, size, valid in SHAPES]
    with torch.inference_mode():
        wanted = [network(images, valid=valid) for images, valid in pictures]
        wanted.append(network(pictures[0][0]))
        answer_through_onnx(network, channels=config.in_channels, threads=1)
        found = [network(images, valid=valid) for images, valid in pictures]
        found.append(network(pictures[0][0]))
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one.decoded.points_px, other.decoded.points_px, atol=POINTS_PX, rtol=0)
        torch.testing.assert_close(one.confidence_logit, other.confidence_logit, atol=CONFIDENCE, rtol=0)
        torch.testing.assert_close(one.logits, other.logits, atol=MAPS, rtol=MAPS)


@pytest.mark.parametrize("edges", [0, 2])
def test_a_bottom_up_network_answers_alike(edges: int) -> None:
    torch.manual_seed(1)
    network = seeded(BottomUpNetwork(3, edges, 1, (8, 8, 16, 16)))
    pictures = [noise(batch, size, 1) for batch, size, _ in SHAPES]
    with torch.inference_mode():
        wanted = [network(images) for images in pictures]
        answer_through_onnx(network, channels=1, threads=1)
        found = [network(images) for images in pictures]
    for one, other in zip(found, wanted, strict=True):
        for a, b in zip(one, other, strict=True):
            torch.testing.assert_close(a, b, atol=MAPS, rtol=MAPS)


@pytest.fixture(scope="module")
def trained(scene: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folder of a model of a family that has seen the scene for a moment, made when first asked for."""
    made: dict[tuple[str, int], Path] = {}

    def train(family: str, members: int = 1) -> Path:
        if (family, members) not in made:
            config = PoseConfig(
                preset="tiny",
                family=family,
                members=members,
                threads=1,
                device="cpu",
                iterations=8,
                precision="fp32",
            )
            folder = made[family, members] = tmp_path_factory.mktemp("model")
            create(config).fit(scene).save(folder)
        return made[family, members]

    return train


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_answers_alike(
    family: str, trained: Callable[..., Path], other_scene: LabelSet, tmp_path: Path
) -> None:
    folder = trained(family)
    by_torch, by_onnx = load(folder, threads=1), load(folder, threads=1, runtime="onnx")
    points, confidence = by_torch.predict_sources(other_scene.frames)
    found, trust = by_onnx.predict_sources(other_scene.frames)
    np.testing.assert_allclose(found, points, atol=POINTS_PX)
    np.testing.assert_allclose(trust, confidence, atol=CONFIDENCE)
    assert by_onnx.provenance == by_torch.provenance
    assert by_onnx.save(tmp_path).weights_sha256 == by_torch.card_.weights_sha256


def test_the_runtime_is_what_computes(trained: Callable[..., Path], other_scene: LabelSet) -> None:
    """With other weights in torch the answer through ONNX stays: torch has no part in backbone and maps."""
    model = load(trained("pyramid"), threads=1, runtime="onnx")
    points, _ = model.predict_sources(other_scene.frames)
    network: nn.Module = model.model_  # type: ignore[attr-defined]
    for layer in (network.backbone, network.maps):
        for values in layer.parameters():  # type: ignore[union-attr]
            values.data.zero_()
    again, _ = model.predict_sources(other_scene.frames)
    np.testing.assert_array_equal(again, points)


def test_an_ensemble_answers_alike(trained: Callable[..., Path], other_scene: LabelSet) -> None:
    folder = trained("pyramid", members=2)
    points, confidence = load(folder, threads=1).predict_sources(other_scene.frames)
    found, trust = load(folder, threads=1, runtime="onnx").predict_sources(other_scene.frames)
    np.testing.assert_allclose(found, points, atol=POINTS_PX)
    np.testing.assert_allclose(trust, confidence, atol=CONFIDENCE)


def test_an_unknown_runtime(trained: Callable[..., Path]) -> None:
    with pytest.raises(BadPoseConfig, match="'tvm'; known: torch, onnx"):
        load(trained("pyramid"), runtime="tvm")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["resnet", "vit", "dinov2"])
def test_a_backbone_that_cannot_be_exported_goes_on_in_torch(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    backbone = f"config:{write_config(tmp_path, kind)}"
    config = PoseConfig(family="pyramid", preset="tiny", backbone=backbone)
    request = NetworkRequest(individuals=1, keypoints=2, config=config, size=config.size)
    network = build_network(request).eval()
    with pytest.raises(CannotExport, match="backbone of the package transformers"):
        answer_through_onnx(network, channels=1, threads=1)
    assert network.stand_in is None


class TestPredict:
    @pytest.fixture
    def predict(
        self, trained: Callable[..., Path], other_scene: LabelSet
    ) -> Callable[..., dict[str, object]]:
        def run(out: Path, *more: str, fails: bool = False) -> dict[str, object]:
            video = other_scene.frames[0].path.parent
            arguments = ["pose", "predict", "--model", str(trained("two_stage")), "--video", str(video)]
            done = CliRunner().invoke(
                main, [*arguments, "--out", str(out), "--threads", "1", *more, "--json"]
            )
            assert done.exit_code == (2 if fails else 0), done.output
            answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
            return answer

        return run

    def test_both_runtimes_write_alike(
        self, predict: Callable[..., dict[str, object]], tmp_path: Path
    ) -> None:
        predict(tmp_path / "torch")
        assert predict(tmp_path / "onnx", "--runtime", "onnx")["predicted_now"] == 12
        wanted, found = (open_poses(tmp_path / name).window() for name in ("torch", "onnx"))
        np.testing.assert_allclose(found.points_px, wanted.points_px, atol=POINTS_PX)
        np.testing.assert_allclose(found.confidence, wanted.confidence, atol=CONFIDENCE)

    def test_without_the_package_nothing_is_written(
        self,
        predict: Callable[..., dict[str, object]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        answer = predict(tmp_path / "poses", "--runtime", "onnx", fails=True)
        assert answer["error"]["code"] == OnnxMissing.code  # type: ignore[index]
        assert "pip install 'sbea-studio[onnx]'" in answer["error"]["message"]  # type: ignore[index]
        assert not (tmp_path / "poses").exists()
