"""A video, a model of animals that look alike, and boxes that say who is where: to poses on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sbea_engine.cli import main
from sbea_engine.data import LabelSet
from sbea_engine.data.boxes import BadBoxes, Boxes
from sbea_engine.errors import Cancelled
from sbea_engine.io.poses_store import BadPosesStore, open_poses
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pipelines.trust import calibrate_model
from sbea_engine.pose.bottom_up.estimator import BottomUpEstimator
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.progress import Progress
from tests.fixtures.blobs import write_pair, write_twins

FRAMES = 30


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> LabelSet:
    return write_twins(tmp_path_factory.mktemp("twins"), FRAMES)


@pytest.fixture(scope="module")
def model(twins: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained so briefly that what it says is worth nothing: what is tested is the way."""
    config = PoseConfig(preset="tiny", family="bottom_up", threads=1, device="cpu", iterations=6)
    folder = tmp_path_factory.mktemp("model")
    BottomUpEstimator(config).fit(twins).save(folder)
    return folder


def video_of(labels: LabelSet) -> Path:
    return labels.frames[0].path.parent


def boxes_of(labels: LabelSet, individuals: tuple[str, ...] = ("white", "black")) -> Boxes:
    """Round the labelled animals of all frames but one in three."""
    edges = np.concatenate([labels.points_px.min(2) - 6, labels.points_px.max(2) + 6], axis=-1)
    kept = np.arange(len(labels)) % 3 > 0
    return Boxes(individuals=individuals, frames=np.flatnonzero(kept), edges_px=edges[kept])


def test_poses_have_the_names_of_the_boxes(model: Path, twins: LabelSet, tmp_path: Path) -> None:
    boxes = boxes_of(twins)
    predict_video(model, video_of(twins), tmp_path / "poses", threads=1, boxes=boxes)
    store = open_poses(tmp_path / "poses")
    poses = store.window()
    assert (store.complete, poses.individuals, len(poses)) == (True, ("white", "black"), FRAMES)
    assert store.provenance["boxes_sha256"] == boxes.checksum
    assert "individuals_are_places" not in store.provenance
    assert np.isnan(poses.points_px[::3]).all()
    assert (poses.confidence[::3] == 0).all()


def test_stopped_it_goes_on_to_the_same_numbers(model: Path, twins: LabelSet, tmp_path: Path) -> None:
    boxes, video = boxes_of(twins), video_of(twins)

    def stop(progress: Progress) -> None:
        if progress.done >= 8:
            raise Cancelled

    predict_video(model, video, tmp_path / "whole", threads=1, boxes=boxes, chunk=8)
    with pytest.raises(Cancelled):
        predict_video(model, video, tmp_path / "poses", threads=1, boxes=boxes, chunk=8, on_progress=stop)
    result = predict_video(model, video, tmp_path / "poses", threads=1, boxes=boxes, chunk=8)
    assert 0 < result.predicted_now < FRAMES
    whole, poses = (open_poses(tmp_path / name).window() for name in ("whole", "poses"))
    np.testing.assert_array_equal(whole.points_px, poses.points_px)


def test_a_store_of_other_boxes_is_not_gone_on_with(model: Path, twins: LabelSet, tmp_path: Path) -> None:
    boxes, video = boxes_of(twins), video_of(twins)
    predict_video(model, video, tmp_path / "poses", threads=1, boxes=boxes)
    moved = Boxes(individuals=boxes.individuals, frames=boxes.frames, edges_px=boxes.edges_px + 1)
    for other in (moved, None):
        with pytest.raises(BadPosesStore):
            predict_video(model, video, tmp_path / "poses", threads=1, boxes=other)


def test_a_recalibrated_model_looks_into_boxes_with_its_own_confidence(
    model: Path, twins: LabelSet, tmp_path: Path
) -> None:
    others = write_twins(tmp_path / "others", 30, seed=5)
    renamed = tuple(replace(frame, video="others") for frame in others.frames)
    calibrate_model(model, replace(others, frames=renamed), tmp_path / "copy", threads=1)
    boxes, video = boxes_of(twins), video_of(twins)
    answers = []
    for number, folder in enumerate((model, tmp_path / "copy")):
        predict_video(folder, video, tmp_path / f"poses {number}", threads=1, boxes=boxes)
        answers.append(open_poses(tmp_path / f"poses {number}").window())
    before, after = answers
    np.testing.assert_array_equal(before.points_px, after.points_px)
    assert not np.allclose(before.confidence, after.confidence)
    predict_video(tmp_path / "copy", video, tmp_path / "stream", threads=1)
    assert open_poses(tmp_path / "stream").complete


class TestRefusals:
    def test_a_family_that_finds_individuals_by_their_looks(self, tmp_path: Path) -> None:
        pair = write_pair(tmp_path / "pair", 12)
        config = PoseConfig(preset="tiny", family="pyramid", threads=1, device="cpu", iterations=4)
        create(config).fit(pair).save(tmp_path / "model")
        with pytest.raises(BadBoxes, match=r"family pyramid .* one of the family bottom_up does"):
            predict_video(tmp_path / "model", video_of(pair), tmp_path / "poses", boxes=boxes_of(pair))
        assert not (tmp_path / "poses").exists()

    def test_a_box_beyond_the_video(self, model: Path, twins: LabelSet, tmp_path: Path) -> None:
        boxes = boxes_of(twins)
        far = Boxes(individuals=boxes.individuals, frames=boxes.frames + 9, edges_px=boxes.edges_px)
        with pytest.raises(BadBoxes, match=r"in frame 38, and .* has 30 frames"):
            predict_video(model, video_of(twins), tmp_path / "poses", threads=1, boxes=far)
        assert not (tmp_path / "poses").exists()

    def test_boxes_outside_the_picture(self, model: Path, twins: LabelSet, tmp_path: Path) -> None:
        edges = boxes_of(twins).edges_px.copy()
        edges[0, 1] += 5000
        edges[1:4, 0, ::2] -= 500
        far = replace(boxes_of(twins), edges_px=edges)
        words = r"is 128 x 96 pixels: frame 1, black; frame 2, white; frame 4, white; and 1 more\."
        with pytest.raises(BadBoxes, match=words):
            predict_video(model, video_of(twins), tmp_path / "poses", threads=1, boxes=far)
        assert not (tmp_path / "poses").exists()


def test_the_command(model: Path, twins: LabelSet, tmp_path: Path, write_rows: Callable[..., Path]) -> None:
    file = write_rows(boxes_of(twins))
    files = ["--model", str(model), "--video", str(video_of(twins)), "--out", str(tmp_path / "poses")]
    command = ["pose", "predict", *files, "--threads", "1", "--json"]
    result = CliRunner().invoke(main, [*command, "--boxes", str(file)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["frames"] == FRAMES
    assert open_poses(tmp_path / "poses").window().individuals == ("black", "white")
    broken = CliRunner().invoke(main, [*command, "--boxes", str(tmp_path / "none.csv")])
    assert broken.exit_code != 0
    assert "none.csv: not there" in broken.output + broken.stderr


@pytest.fixture
def write_rows(tmp_path: Path) -> Callable[[Boxes], Path]:
    def write(boxes: Boxes) -> Path:
        rows = ["frame,individual,x,y,width,height"]
        for frame, edges in zip(boxes.frames, boxes.edges_px, strict=True):
            for name, (left, top, right, bottom) in zip(boxes.individuals, edges, strict=True):
                rows.append(f"{frame},{name},{left},{top},{right - left},{bottom - top}")
        file = tmp_path / "boxes.csv"
        file.write_text("\n".join(rows), encoding="utf-8")
        return file

    return write
