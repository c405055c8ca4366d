"""Saved models that were damaged: each is refused as it is read, with one error that names its folder."""

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from sbea_engine.data import LabelSet
from sbea_engine.nn.card import CARD_FILE, WEIGHTS_FILE, BadModel
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create, load
from tests.fixtures.full_disk import full_disk

FAMILIES = ("two_stage", "pyramid", "bottom_up")
NO_LENGTH = (None, -1, 0, math.inf, 1e300, 10**6, "x", [1], True)
Place = tuple[str, ...]


@pytest.fixture(scope="module")
def models(scene: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of each kind of plan, hardly trained."""
    folder = tmp_path_factory.mktemp("models")
    for family in FAMILIES:
        config = PoseConfig(preset="tiny", family=family, threads=1, device="cpu", iterations=4)
        create(config).fit(scene).save(folder / family)
    return {family: folder / family for family in FAMILIES}


def with_card(source: Path, folder: Path, place: Place, value: object) -> Path:
    """A copy of a model with another value on its card."""
    shutil.copytree(source, folder)
    card = json.loads((folder / CARD_FILE).read_text())
    within = card
    for name in place[:-1]:
        within = within[name]
    assert place[-1] in within
    within[place[-1]] = value
    (folder / CARD_FILE).write_text(json.dumps(card).replace("Infinity", "1e999"))
    return folder


def with_weights(
    source: Path, folder: Path, change: Callable[[dict[str, Tensor]], dict[str, Tensor]]
) -> Path:
    """A copy of a model with other weights, which its card describes."""
    shutil.copytree(source, folder)
    save_file(change(load_file(folder / WEIGHTS_FILE)), folder / WEIGHTS_FILE)
    card = json.loads((folder / CARD_FILE).read_text())
    card["weights_sha256"] = hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    (folder / CARD_FILE).write_text(json.dumps(card))
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(BadModel, match="Copy the whole folder again") as caught:
        load(folder, threads=1, device="cpu")
    assert str(folder) in str(caught.value)
    return str(caught.value)


def first_of(weights: dict[str, Tensor], kind: torch.dtype = torch.float32) -> str:
    return next(name for name in sorted(weights) if weights[name].dtype == kind)


def all_of(value: float) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda weights: {
        name: torch.full_like(t, value) if t.dtype.is_floating_point else t for name, t in weights.items()
    }


def one(change: Callable[[Tensor], Tensor], kind: torch.dtype = torch.float32) -> Callable[..., Any]:
    def changed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
        name = first_of(weights, kind)
        return {**weights, name: change(weights[name]).contiguous()}

    return changed


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "change",
    [
        all_of(math.nan),
        all_of(math.inf),
        one(lambda t: t.where(torch.arange(t.numel()).view(t.shape) > 0, -math.inf)),
        one(lambda t: t.int()),
        one(lambda t: t.double()),
        one(lambda t: t.bfloat16()),
        one(lambda t: t.flatten()[:1]),
        one(lambda t: t.flatten(), torch.int64),  # torch itself lets that of a batch count pass
        lambda weights: {k: v for k, v in weights.items() if k != first_of(weights)},
        lambda weights: {k: v for k, v in weights.items() if k != first_of(weights, torch.int64)},
        lambda weights: {**weights, "other": torch.zeros(3)},
    ],
    ids=["nan", "inf", "one inf", "int", "double", "half", "shape", "count", "less", "no count", "more"],
)
def test_weights(
    models: dict[str, Path], family: str, change: Callable[..., dict[str, Tensor]], tmp_path: Path
) -> None:
    said = refused(with_weights(models[family], tmp_path / "m", change))
    names = ("other", *load_file(models[family] / WEIGHTS_FILE))
    assert any(repr(name) in said for name in names)


def cases(places: Sequence[Place], values: Sequence[object]) -> list[tuple[Place, object]]:
    return [(place, value) for place in places for value in values]


def plan_cases(prefix: Place) -> list[tuple[Place, object]]:
    numbers = cases([(*prefix, n) for n in ("scale", "crop_px", "radius_px", "most_pixels")], NO_LENGTH)
    # that many pixels a frame may have
    return [c for c in numbers if c != ((*prefix, "most_pixels"), 10**6)]


@pytest.mark.parametrize(("place", "value"), plan_cases(("plan",)))
def test_plan_of_whole_frames(models: dict[str, Path], tmp_path: Path, place: Place, value: object) -> None:
    assert repr(place[-1]) in refused(with_card(models["pyramid"], tmp_path / "m", place, value))


@pytest.mark.parametrize("family", ["two_stage", "bottom_up"])
@pytest.mark.parametrize(
    ("place", "value"),
    [
        *plan_cases(("plan", "coarse")),
        *cases([("plan", "coarse")], (None, 3, "x", [1], {})),
        *cases([("plan", "crop")], (None, 3, "x", [1], {})),
        *cases([("plan", "radius_px")], NO_LENGTH),
        *cases([("plan", "crop", n) for n in ("scale", "zoom", "width", "height")], NO_LENGTH),
        *cases([("plan", "crop", "width")], (24.0, 17)),
        *cases([("plan", "crop", "middle_px")], (None, [1], [1, "x"], [0, math.inf], [0, 1e300], 3)),
        *cases(
            [("plan", "crop", "shape_px")], (None, [], [[None, None]] * 2, [[0, 1]], [[0, 1e300]] * 2, "x")
        ),
        *cases([("plan", "crop", "spread_px")], (None, [], [1], [0, 1], [-1, 1], [1, math.inf], "xy")),
    ],
)
def test_plan_of_crops(
    models: dict[str, Path], tmp_path: Path, family: str, place: Place, value: object
) -> None:
    refused(with_card(models[family], tmp_path / "m", place, value))


CALIBRATION = ("stage_facts", "calibration")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *cases([(*CALIBRATION, n) for n in ("slope", "offset")], (None, math.inf, 1e300, "x", [1], {}, True)),
        *cases([(*CALIBRATION, "slope")], (-1, 0)),
        *cases([(*CALIBRATION, "n")], (None, -1, 2.5, 1e300, "x", [1], {}, True)),
        *cases([(*CALIBRATION, "right")], (-1, 1.5, math.inf, "x", [1], {}, True)),
        *cases([CALIBRATION], (None, [], {}, "x", {"slope": 1.0})),
        *cases([("stage_facts", "individuals")], ("mouse", [1], [], [""], ["a", "a"], None, {"a": 1})),
        *cases([("stage_facts", "skeleton")], (None, [1], {"keypoints": ["nose"]})),
        *cases([("config",)], ({"family": "pyramid"}, {"preset": ["tiny"]}, {"rotation_deg": "x"})),
        *cases([("data", "training_frames")], (None, [1], {"scene": 3}, {"scene": ["x"]}, {"scene": [-1]})),
        *cases([("data", "labels_sha256")], (None, 3)),
    ],
)
def test_facts(models: dict[str, Path], tmp_path: Path, place: Place, value: object) -> None:
    refused(with_card(models["two_stage"], tmp_path / "m", place, value))


@pytest.mark.parametrize("value", [None, [1], {}, {"edges": [], "reach_px": [], "extent_px": 1}])
def test_links(models: dict[str, Path], tmp_path: Path, value: object) -> None:
    refused(with_card(models["bottom_up"], tmp_path / "m", ("stage_facts", "links"), value))


@pytest.mark.parametrize("value", [3, [1], "x"])
def test_backbone(models: dict[str, Path], tmp_path: Path, value: object) -> None:
    refused(with_card(models["pyramid"], tmp_path / "m", ("stage_facts", "backbone"), value))


@pytest.mark.parametrize("family", ["heatmap_unet", "bottom_up", "transformer"])
def test_another_family(models: dict[str, Path], tmp_path: Path, family: str) -> None:
    folder = with_card(models["two_stage"], tmp_path / "m", ("family",), family)
    with pytest.raises(BadModel, match="family"):
        load(folder, threads=1)


@pytest.mark.parametrize("family", FAMILIES)
def test_saving_on_a_full_disk_leaves_nothing(models: dict[str, Path], tmp_path: Path, family: str) -> None:
    model = load(models[family], threads=1)
    with full_disk(1000), pytest.raises(OSError, match="too large") as caught:
        model.save(tmp_path / "new")
    assert str(caught.value.filename).startswith(str(tmp_path / "new"))
    assert list((tmp_path / "new").iterdir()) == []
