"""The family `two_stage`: gate, crops in training, and both stages together."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch

from sbea_engine.data import LabelSet
from sbea_engine.nn.augmentation import AugmentationConfig
from sbea_engine.nn.heatmaps import peak_mean
from sbea_engine.pipelines.pose_video import answers_to
from sbea_engine.pose.close_look import gate
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.crop_sampler import CropSampler
from sbea_engine.pose.crops import CropPlan, make_crop_plan
from sbea_engine.pose.factory import create, load
from sbea_engine.pose.frames import FrameStore, read_frames
from sbea_engine.pose.inference import Located
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.model import Maps, PoseNet
from sbea_engine.pose.plan import WorkingPlan
from sbea_engine.pose.splits import labelled_rows
from sbea_engine.pose.turnabouts import Followed
from sbea_engine.pose.two_stage import TwoSizes, TwoStagePlan
from sbea_engine.pose.two_stage_estimator import TwoStageEstimator
from sbea_engine.video.reader import FrameReader

TINY = PoseConfig(preset="tiny", family="two_stage", threads=1, device="cpu")


class TestGate:
    def test_is_a_gaussian_round_the_expected_place(self) -> None:
        maps = torch.rand(1, 1, 6, 8, generator=torch.Generator().manual_seed(0))
        got = gate(maps, torch.tensor([[[8.5, 4.5]]]), sd_px=3.0)[0, 0]
        for row in range(6):
            for column in range(8):
                x, y = 2 * column + 0.5, 2 * row + 0.5
                factor = math.exp(-0.5 * ((x - 8.5) ** 2 + (y - 4.5) ** 2) / 9.0)
                assert got[row, column].item() == pytest.approx(maps[0, 0, row, column].item() * factor)

    def test_leaves_something_of_what_lies_far_out(self) -> None:
        maps = torch.zeros(1, 1, 60, 80)
        maps[0, 0, 50, 70] = 1.0
        got = gate(maps, torch.tensor([[[0.5, 0.5]]]), sd_px=2.0)
        assert got.sum() > 0
        assert peak_mean(got, 2)[0, 0].tolist() == [140.5, 100.5]


class TestCropSampler:
    @pytest.fixture
    def make(self, scene: LabelSet) -> Callable[..., CropSampler]:
        plan = make_crop_plan(scene, long_px=64, most_scale=1.0, multiple=16)
        frames = FrameStore(scene, "grey", 1 << 24)
        frames.measure()
        frames.load(
            TwoStagePlan(coarse=WorkingPlan(scale=1, crop_px=32, radius_px=2), crop=plan, radius_px=2).reduced
        )

        def build(**settings: int) -> CropSampler:
            return CropSampler(
                scene,
                frames,
                labelled_rows(scene),
                plan,
                AugmentationConfig(flip=bool(scene.skeleton.symmetric)),
                **{"batch_size": 8, "seed": 0, **settings},
            )

        return build

    def test_a_batch_is_a_function_of_its_number(self, make: Callable[..., CropSampler]) -> None:
        one, other = make().batch(3), make().batch(3)
        for a, b in zip(one, other, strict=True):
            assert torch.equal(torch.nan_to_num(a.float()), torch.nan_to_num(b.float()))
        assert not torch.equal(one.images, make(seed=1).batch(3).images)

    def test_points_lie_where_the_crop_shows_them(self, make: Callable[..., CropSampler]) -> None:
        """Keypoints of the scene are bright blobs: a crop is brighter there than elsewhere."""
        batch = make(batch_size=80).batch(0)
        here, elsewhere = [], []
        for image, points, placed in zip(batch.images, batch.points_px, batch.placed, strict=True):
            for x, y in points[placed].round().long().tolist():
                here.append(float(image[0, y, x]))
                elsewhere.append(float(image[0].float().mean()))
        assert len(here) > 100
        assert np.mean(here) > np.mean(elsewhere) + 30


@pytest.mark.slow
def test_finds_keypoints_on_new_frames(scene: LabelSet, other_scene: LabelSet, tmp_path: Path) -> None:
    model = create(TINY).fit(scene)
    points, confidence = model.predict_sources(other_scene.frames)
    found = evaluate(other_scene, points, confidence, radius_px=float(model.card_.plan["radius_px"]))
    centre = np.nanmean(scene.points_px, axis=0)
    plain = evaluate(other_scene, np.broadcast_to(centre, points.shape).astype(np.float32))
    assert found["median_px"] < 0.1 * plain["median_px"]
    assert isinstance(model, TwoStageEstimator)
    frame = next(model._scaled(pixels for _, pixels in read_frames(other_scene.frames[:1])))
    truth = other_scene.points_px[0, 0].astype(np.float32)
    followed = model._locator().follow(frame, truth + np.float32(2))
    assert np.nanmedian(np.linalg.norm(followed.points_px - truth, axis=-1)) < 0.1 * plain["median_px"]
    card = model.save(tmp_path)
    assert "went on with afterwards" in card.meaning["confidence"]
    assert "went on with afterwards" in card.meaning["validation"]
    again, _ = load(tmp_path, threads=1).predict_sources(other_scene.frames)
    np.testing.assert_allclose(again, points, atol=1e-4)


def test_frames_of_other_sizes_and_shapes_are_answered(scene: LabelSet) -> None:
    model = create(replace(TINY, iterations=4)).fit(scene)
    rng = np.random.default_rng(0)
    sizes = ((90, 140), (90, 140), (33, 201), (4, 5))
    frames = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]
    answers = list(model.predict_stream(iter(frames)))
    points = np.concatenate([p for p, _ in answers])
    assert points.shape == (4, 1, len(scene.skeleton), 2)
    assert np.isfinite(points).all()


class Corner(PoseNet):
    """Finds every keypoint in the first corner of its picture."""

    def score(self, levels: list[torch.Tensor], valid: tuple[int, int] | None) -> Maps:
        logits = super().score(levels, valid).logits * 0
        logits[..., 0, 0] = 1e6
        return Maps(logits)


def test_answers_lie_in_the_picture_where_the_crop_reaches_beyond_it(scene: LabelSet) -> None:
    model = TwoStageEstimator(replace(TINY, iterations=4)).fit(scene)
    model.model_.fine = Corner(1, len(scene.skeleton), 1, (8, 16, 24, 32)).eval()
    frame = np.zeros((24, 20, 3), dtype=np.uint8)
    assert max(model.plan_.crop.width, model.plan_.crop.height) > 24
    points, _ = next(iter(model.predict_stream(iter([frame]))))
    assert (points >= -0.5).all()
    assert (points <= (19.5, 23.5)).all()
    assert np.isclose(points, -0.5).any() or np.isclose(points, (19.5, 23.5)).any()


def test_the_plan_goes_through_json(scene: LabelSet) -> None:
    crop: CropPlan = make_crop_plan(scene, long_px=64, most_scale=1.0, multiple=16)
    plan = TwoStagePlan(coarse=WorkingPlan(scale=0.5, crop_px=64, radius_px=3), crop=crop, radius_px=2.5)
    assert TwoStagePlan.from_dict(plan.to_dict()).to_dict() == plan.to_dict()


def test_a_backbone_that_it_does_not_take_is_refused(scene: LabelSet) -> None:
    with pytest.raises(BadPoseConfig, match="two_stage takes auto or pyramid"):
        create(replace(TINY, backbone="resnet50")).fit(scene)


class Slipping:
    """Finds the pose of frame n, which is n bright, n pixels on; in some frames far off, if not followed."""

    def __init__(self, pose: np.ndarray, slips: range) -> None:
        self.pose, self.slips = pose, slips

    def locate(self, frames: Sequence[TwoSizes]) -> Located:
        shown = [int(frame.reduced.flat[0]) for frame in frames]
        points = np.stack([self.pose + n + (500 if n in self.slips else 0) for n in shown])
        return Located(points, np.zeros(points.shape[:-1], np.float32))

    def follow(self, frame: TwoSizes, points_px: np.ndarray) -> Followed:
        n = int(frame.reduced.flat[0])
        near = np.abs(points_px - self.pose - n).max() < 50
        pose = self.pose + n + (0 if near else 500)
        return Followed(pose, np.zeros(len(pose), np.float32), 0.0 if near else -1.0)


class TestSlips:
    FRAMES, SLIPS = 40, range(10, 14)

    @pytest.fixture
    def model(self, scene: LabelSet, monkeypatch: pytest.MonkeyPatch) -> TwoStageEstimator:
        model = TwoStageEstimator(replace(TINY, iterations=4)).fit(scene)
        slipping = Slipping(self.pose(scene), self.SLIPS)
        monkeypatch.setattr(model, "_locator", lambda: slipping)
        return model

    def pose(self, scene: LabelSet) -> np.ndarray:
        return np.asarray(np.nan_to_num(scene.points_px[0, 0]), np.float32)

    def images(self, start: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        return ((n, np.full((60, 80, 3), n, np.uint8)) for n in range(start, self.FRAMES))

    def off(self, answers: Iterable[tuple[np.ndarray, np.ndarray]], scene: LabelSet) -> list[int]:
        """Frames that are far from the pose that walks."""
        points = np.concatenate([points for points, _ in answers])[:, 0]
        assert len(points) == self.FRAMES
        walk = self.pose(scene) + np.arange(self.FRAMES)[:, None, None]
        return np.flatnonzero(np.abs(points - walk).max((1, 2)) > 50).tolist()

    def test_are_mended_in_a_film_and_left_where_frames_are_alone(
        self, model: TwoStageEstimator, scene: LabelSet
    ) -> None:
        alone, film = (
            one(image for _, image in self.images()) for one in (model.predict_stream, model.predict_film)
        )
        assert self.off(alone, scene) == list(self.SLIPS)
        assert self.off(film, scene) == []

    @pytest.mark.parametrize(("chunk", "left"), [(512, []), (12, list(SLIPS))])
    def test_are_mended_in_a_video_within_a_chunk_of_its_store(
        self, model: TwoStageEstimator, scene: LabelSet, chunk: int, left: list[int]
    ) -> None:
        info = SimpleNamespace(kind="video")
        reader = cast(FrameReader, SimpleNamespace(iterate=self.images, info=info, path=Path("film.mp4")))
        assert self.off(answers_to(model, reader, 0, self.FRAMES, chunk), scene) == left

    def test_are_left_in_pictures_that_do_not_follow_one_another(
        self, model: TwoStageEstimator, scene: LabelSet, tmp_path: Path
    ) -> None:
        """Of a folder of frames that somebody chose nobody can say where an animal was a moment before."""
        info = SimpleNamespace(kind="images", names=("img3.png", "img4.png", "img90.png"))
        reader = cast(FrameReader, SimpleNamespace(iterate=self.images, info=info, path=tmp_path))
        assert self.off(answers_to(model, reader, 0, self.FRAMES, 512), scene) == list(self.SLIPS)
