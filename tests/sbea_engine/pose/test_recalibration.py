"""Copies of models with another confidence; `tests/sbea_engine/pipelines/test_trust.py` fits them."""

import json
from pathlib import Path

import pytest

from sbea_engine.data import LabelSet
from sbea_engine.nn.card import CARD_FILE, BadModel
from sbea_engine.pose.calibration import Calibration
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create, load
from sbea_engine.pose.recalibration import RecalibratedPose, copy_recalibrated
from tests.fixtures.full_disk import full_disk

FITTED = Calibration(slope=0.5, n=9, right=0.5)


@pytest.fixture(scope="module")
def model(scene: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    config = PoseConfig(preset="tiny", family="pyramid", threads=1, device="cpu", iterations=2)
    create(config).fit(scene).save(folder)
    return folder


@pytest.fixture
def recalibrated(model: Path) -> RecalibratedPose:
    return RecalibratedPose.of(load(model, threads=1, device="cpu"), FITTED, {"frames": 9})


def test_the_copy_is_whole_and_nothing_else_is_left(
    model: Path, recalibrated: RecalibratedPose, tmp_path: Path
) -> None:
    copy_recalibrated(model, recalibrated, tmp_path / "new")
    found = load(tmp_path / "new", threads=1)
    assert isinstance(found, RecalibratedPose)
    assert found.recalibration_ == FITTED
    assert [f.name for f in tmp_path.iterdir()] == ["new"]


def test_a_full_disk_leaves_nothing(model: Path, recalibrated: RecalibratedPose, tmp_path: Path) -> None:
    with full_disk(10_000), pytest.raises(OSError, match="too large") as caught:
        copy_recalibrated(model, recalibrated, tmp_path / "new")
    assert str(caught.value.filename) == str(
        tmp_path / ".new.draft"
    )  # which the command line knows as its own
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_named(
    model: Path, recalibrated: RecalibratedPose, tmp_path: Path
) -> None:
    (model / "lost").symlink_to(model / "nowhere")
    try:
        with pytest.raises(BadModel, match="lost: cannot be read"):
            copy_recalibrated(model, recalibrated, tmp_path / "new")
    finally:
        (model / "lost").unlink()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fact",
    [None, [1], "x", {}, {"slope": -1, "offset": 0, "n": 1, "right": None}, {**FITTED.to_dict(), "n": "x"}],
)
def test_a_damaged_recalibration(
    model: Path, recalibrated: RecalibratedPose, tmp_path: Path, fact: object
) -> None:
    copy_recalibrated(model, recalibrated, tmp_path / "new")
    file = tmp_path / "new" / CARD_FILE
    card = json.loads(file.read_text())
    card["stage_facts"]["recalibration"] = fact
    file.write_text(json.dumps(card))
    with pytest.raises(BadModel, match="its recalibration cannot be read"):
        load(tmp_path / "new", threads=1)
