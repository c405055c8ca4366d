import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.errors import Cancelled
from sbea_engine.nn.card import CARD_FILE, WEIGHTS_FILE, BadModel
from sbea_engine.nn.checkpoint import BadCheckpoint
from sbea_engine.nn.runtime import NoSuchDevice
from sbea_engine.pose import inference
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.errors import NotTrained, TooFewLabels
from sbea_engine.pose.estimator import PoseEstimator
from sbea_engine.pose.metrics import evaluate
from sbea_engine.progress import Progress
from tests.fixtures.blobs import DEFAULT_SIZE, draw, write_pair

TINY = PoseConfig(preset="tiny", family="pose_machine", threads=1, device="cpu", iterations=120)
SHORT = PoseConfig(preset="tiny", family="pose_machine", threads=1, device="cpu", iterations=6)


@pytest.fixture(scope="module")
def trained(scene: LabelSet) -> PoseEstimator:
    return PoseEstimator(TINY).fit(scene)


@pytest.fixture(scope="module")
def briefly_trained(scene: LabelSet) -> PoseEstimator:
    return PoseEstimator(SHORT).fit(scene)


def altered(labels: LabelSet, **changes: object) -> LabelSet:
    names = ("skeleton", "individuals", "frames", "points_px", "visibility")
    return LabelSet(**({name: getattr(labels, name) for name in names} | changes))


def weights_of(estimator: PoseEstimator) -> torch.Tensor:
    """Some that every training moves."""
    weights: torch.Tensor = estimator.model_.state_dict()["fine.weight"]
    return weights


class TestFit:
    def test_finds_keypoints_on_new_frames(self, trained: PoseEstimator, other_scene: LabelSet) -> None:
        points, confidence = trained.predict_sources(other_scene.frames)
        result = evaluate(other_scene, points, confidence, radius_px=trained.plan_.radius_px)
        middle = np.full_like(points, 40)
        assert evaluate(other_scene, middle)["mean_px"] > 15  # what knowing nothing gives
        assert result["mean_px"] < 3
        assert result["by_keypoint"]["nose"]["mean_px"] < result["by_keypoint"]["tail"]["mean_px"]

    def test_confidence_is_low_where_there_is_no_animal(
        self, trained: PoseEstimator, other_scene: LabelSet
    ) -> None:
        _, seen = trained.predict_sources(other_scene.frames)
        empty = [draw(None, DEFAULT_SIZE, np.random.default_rng(i)) for i in range(6)]
        unseen = np.concatenate([c for _, c in trained.predict_stream(iter(empty))])
        assert np.median(seen) > 0.75
        assert np.median(unseen) < 0.3

    def test_same_seed_same_model(self, scene: LabelSet, briefly_trained: PoseEstimator) -> None:
        torch.manual_seed(123)  # what ran before has no influence
        again = PoseEstimator(SHORT).fit(scene)
        mine, theirs = (e.model_.state_dict() for e in (again, briefly_trained))
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)

    def test_another_seed_is_another_model(self, scene: LabelSet, briefly_trained: PoseEstimator) -> None:
        other = PoseEstimator(PoseConfig(**{**SHORT.to_dict(), "seed": 1})).fit(scene)
        assert not torch.equal(weights_of(other), weights_of(briefly_trained))

    def test_progress_names_its_stages_and_metrics(self, scene: LabelSet) -> None:
        reports: list[Progress] = []
        PoseEstimator(SHORT).fit(scene, on_progress=reports.append)
        assert [r.stage for r in reports] == ["read frames"] * len(scene) + ["train"] * 6
        assert {"loss", "val_mean_px"} <= set(reports[-1].metrics)

    def test_cancelled_leaves_a_checkpoint_that_resumes_to_the_same_weights(
        self, scene: LabelSet, briefly_trained: PoseEstimator, tmp_path: Path
    ) -> None:
        def cancel(progress: Progress) -> None:
            if progress.stage == "train" and progress.done == 3:
                raise Cancelled

        with pytest.raises(Cancelled):
            PoseEstimator(SHORT).fit(scene, checkpoint=tmp_path, on_progress=cancel)
        assert not any(thread.name == "prefetch" for thread in threading.enumerate())
        resumed = PoseEstimator(SHORT).fit(scene, checkpoint=tmp_path)
        theirs = briefly_trained.model_.state_dict()
        for name, tensor in resumed.model_.state_dict().items():
            torch.testing.assert_close(tensor, theirs[name])

    def test_the_checkpoint_of_other_labels_is_refused(
        self, scene: LabelSet, other_scene: LabelSet, tmp_path: Path
    ) -> None:
        PoseEstimator(SHORT).fit(scene, checkpoint=tmp_path)
        with pytest.raises(BadCheckpoint, match="another"):
            PoseEstimator(SHORT).fit(other_scene, checkpoint=tmp_path)

    def test_validation_frames_do_not_reach_the_weights(self, scene: LabelSet) -> None:
        model = PoseEstimator(SHORT).fit(scene)
        kept_out = {frame["index"] for frame in model.card_.data["validation_frames"]}
        rows = [i for i, frame in enumerate(scene.frames) if frame.index in kept_out]
        points = np.array(scene.points_px)
        points[rows] += 2
        moved = PoseEstimator(SHORT).fit(altered(scene, points_px=points))
        assert torch.equal(weights_of(model), weights_of(moved))
        assert model.validation_["mean_px"] != moved.validation_["mean_px"]

    def test_flip_swaps_declared_pairs_only(self, scene: LabelSet, briefly_trained: PoseEstimator) -> None:
        pair = Skeleton(keypoints=("nose", "tail"), symmetric=(("nose", "tail"),))
        mirrored = PoseEstimator(SHORT).fit(altered(scene, skeleton=pair))
        assert not torch.equal(weights_of(mirrored), weights_of(briefly_trained))

    def test_colour(self, scene: LabelSet) -> None:
        model = PoseEstimator(PoseConfig(**{**SHORT.to_dict(), "colour": "rgb"})).fit(scene)
        assert model.predict_sources(scene.frames[:2])[0].shape == (2, 1, 2, 2)

    def test_frames_of_several_sizes(self, make_scene: Callable[..., LabelSet]) -> None:
        small, large = make_scene(4), make_scene(5, seed=1, size=(150, 110))
        both = LabelSet(
            skeleton=small.skeleton,
            individuals=small.individuals,
            frames=(*small.frames, *(replace(f, video="large") for f in large.frames)),
            points_px=np.concatenate([small.points_px, large.points_px]),
            visibility=np.concatenate([small.visibility, large.visibility]),
        )
        points, _ = PoseEstimator(SHORT).fit(both).predict_sources(both.frames)
        assert points.shape == both.points_px.shape
        assert np.isfinite(points).all()


class TestTwoIndividuals:
    @pytest.mark.slow
    def test_each_is_found_by_its_looks(self, tmp_path: Path) -> None:
        labels, other = write_pair(tmp_path / "a", 24), write_pair(tmp_path / "b", 12, seed=9)
        model = PoseEstimator(replace(TINY, iterations=260)).fit(labels)
        points, confidence = model.predict_sources(other.frames)
        assert points.shape == other.points_px.shape
        noses, truth = points[:, :, 0], other.points_px[:, :, 0]
        own = np.linalg.norm(noses - truth, axis=-1)
        swapped = np.linalg.norm(noses - truth[:, ::-1], axis=-1)
        assert np.median(own) < 3
        assert np.mean(own < swapped) > 0.9
        assert confidence.shape == (12, 2, 2)
        model.save(tmp_path / "model")
        again = PoseEstimator.load(tmp_path / "model", threads=1, device="cpu")
        np.testing.assert_array_equal(again.predict_sources(other.frames)[0], points)
        assert again.individuals_ == ("dark", "light")


class TestUnusableLabels:
    def test_no_labels(self, scene: LabelSet) -> None:
        with pytest.raises(TooFewLabels, match="0 of the 0 frames to learn from carry"):
            PoseEstimator(TINY).fit(scene.select([]))

    def test_one_frame(self, scene: LabelSet) -> None:
        with pytest.raises(TooFewLabels, match=r"0 of the 1 frames .* of scene carry .* at least 4"):
            PoseEstimator(TINY).fit(scene.select([0]))

    def test_nothing_placed(self, scene: LabelSet) -> None:
        empty = altered(
            scene,
            points_px=np.full_like(scene.points_px, np.nan),
            visibility=np.full_like(scene.visibility, Visibility.UNLABELLED),
        )
        with pytest.raises(TooFewLabels, match="Label more"):
            PoseEstimator(TINY).fit(empty)

    def test_a_keypoint_that_was_never_placed(self, scene: LabelSet) -> None:
        points, visibility = np.array(scene.points_px), np.array(scene.visibility)
        points[:, :, 1], visibility[:, :, 1] = np.nan, Visibility.ABSENT
        with pytest.raises(TooFewLabels, match=r"on any of the \d+ frames to learn from of scene: tail\."):
            PoseEstimator(TINY).fit(altered(scene, points_px=points, visibility=visibility))

    def test_an_individual_that_was_never_labelled(self, scene: LabelSet) -> None:
        points, visibility = np.repeat(scene.points_px, 2, axis=1), np.repeat(scene.visibility, 2, axis=1)
        points[:, 1], visibility[:, 1] = np.nan, Visibility.UNLABELLED
        two = altered(scene, individuals=("a", "b"), points_px=points, visibility=visibility)
        with pytest.raises(TooFewLabels, match=r"0 of the \d+ .* of scene carry a placed keypoint of b"):
            PoseEstimator(TINY).fit(two)

    def test_a_keypoint_that_was_never_placed_on_one_of_two(self, scene: LabelSet) -> None:
        points, visibility = np.repeat(scene.points_px, 2, axis=1), np.repeat(scene.visibility, 2, axis=1)
        points[:, 1, 1], visibility[:, 1, 1] = np.nan, Visibility.ABSENT
        two = altered(scene, individuals=("a", "b"), points_px=points, visibility=visibility)
        with pytest.raises(TooFewLabels, match=r"Never placed on any of .*: tail of b"):
            PoseEstimator(TINY).fit(two)

    def test_some_unlabelled_and_absent_points_are_fine(self, scene: LabelSet) -> None:
        points, visibility = np.array(scene.points_px), np.array(scene.visibility)
        points[3, 0, 0], visibility[3, 0, 0] = np.nan, Visibility.UNLABELLED
        points[9], visibility[9] = np.nan, Visibility.ABSENT
        model = PoseEstimator(SHORT).fit(altered(scene, points_px=points, visibility=visibility))
        assert all(np.isfinite(point["loss"]) for point in model.card_.training["curve"])


class TestPredict:
    def test_before_fit(self, scene: LabelSet) -> None:
        with pytest.raises(NotTrained):
            PoseEstimator(TINY).predict_sources(scene.frames)

    def test_all_frames_of_a_folder(self, trained: PoseEstimator, scene: LabelSet) -> None:
        poses = trained.predict(scene.frames[0].path.parent)
        points, confidence = trained.predict_sources(scene.frames)
        assert poses.frames.tolist() == list(range(len(scene)))
        np.testing.assert_allclose(poses.points_px, points, atol=1e-3)
        np.testing.assert_allclose(poses.confidence, confidence, atol=1e-4)

    def test_some_frames(self, trained: PoseEstimator, scene: LabelSet) -> None:
        poses = trained.predict(scene.frames[0].path.parent, [2, 5])
        assert poses.frames.tolist() == [2, 5]
        np.testing.assert_allclose(
            poses.points_px, trained.predict_sources(scene.frames)[0][[2, 5]], atol=1e-3
        )

    def test_the_size_of_a_batch_changes_nothing(
        self, trained: PoseEstimator, scene: LabelSet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Sums run in another order, so the last digits may differ: 0.001 px is the promise."""
        together, c_together = trained.predict_sources(scene.frames)
        monkeypatch.setattr(inference, "MAX_BATCH_PIXELS", 1)
        single, c_single = trained.predict_sources(scene.frames)
        np.testing.assert_allclose(together, single, atol=1e-3)
        np.testing.assert_allclose(c_together, c_single, atol=1e-4)

    def test_labelled_frames_come_back_in_the_order_asked_for(
        self, trained: PoseEstimator, scene: LabelSet, tmp_path: Path
    ) -> None:
        """Of two folders, read one after the other: each answer is that of its frame alone."""
        folder = scene.frames[0].path.parent
        shutil.copytree(folder, tmp_path / "copy")
        mixed = [
            FrameSource(video=place.name, index=index, path=place)
            for index in (7, 2, 11)
            for place in (folder, tmp_path / "copy")
        ]
        points, confidence = trained.predict_sources(mixed)
        for row, source in enumerate(mixed):
            alone = trained.predict(source.path, [source.index])
            np.testing.assert_allclose(points[row], alone.points_px[0], atol=1e-3)
            np.testing.assert_allclose(confidence[row], alone.confidence[0], atol=1e-4)

    def test_cancelled(self, trained: PoseEstimator, scene: LabelSet) -> None:
        def cancel(_: Progress) -> None:
            raise Cancelled

        with pytest.raises(Cancelled):
            trained.predict_sources(scene.frames, on_progress=cancel)
        assert not any(thread.name == "prefetch" for thread in threading.enumerate())

    def test_answers_lie_in_the_picture(self, briefly_trained: PoseEstimator) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (3, 61, 47, 3), dtype=np.uint8)
        points = np.concatenate([p for p, _ in briefly_trained.predict_stream(iter(noise))])
        assert (points >= -0.5).all()
        assert (points <= [46.5, 60.5]).all()


class TestSaveAndLoad:
    def test_a_loaded_model_answers_the_same(
        self, trained: PoseEstimator, scene: LabelSet, tmp_path: Path
    ) -> None:
        card = trained.save(tmp_path)
        loaded = PoseEstimator.load(tmp_path, threads=1)
        assert loaded.card_ == card
        for mine, theirs in zip(
            loaded.predict_sources(scene.frames), trained.predict_sources(scene.frames), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)

    def test_the_card_says_what_confidence_is(self, trained: PoseEstimator, tmp_path: Path) -> None:
        trained.save(tmp_path)
        card = json.loads((tmp_path / CARD_FILE).read_text())
        assert f"within {trained.plan_.radius_px:.1f} source pixels" in card["meaning"]["confidence"]
        assert card["config"]["seed"] == 0
        assert (
            card["software"]["torch"] == torch.__version__.split("+")[0] or "+" in card["software"]["torch"]
        )

    def test_not_a_model(self, tmp_path: Path) -> None:
        with pytest.raises(BadModel, match=r"card\.json"):
            PoseEstimator.load(tmp_path)

    def test_the_card_names_the_frames_it_was_given(
        self, briefly_trained: PoseEstimator, scene: LabelSet
    ) -> None:
        assert briefly_trained.card_.data["training_frames"] == {"scene": list(range(len(scene)))}

    def test_wrong_settings_of_the_caller_are_not_blamed_on_the_model(
        self, briefly_trained: PoseEstimator, tmp_path: Path
    ) -> None:
        briefly_trained.save(tmp_path)
        with pytest.raises(BadPoseConfig, match="threads is a whole number from 1"):
            PoseEstimator.load(tmp_path, threads=0)
        with pytest.raises(NoSuchDevice):
            PoseEstimator.load(tmp_path, device="abacus")

    def test_other_weights_than_the_card_describes(
        self, briefly_trained: PoseEstimator, tmp_path: Path
    ) -> None:
        briefly_trained.save(tmp_path)
        file = tmp_path / WEIGHTS_FILE
        file.write_bytes(file.read_bytes()[:-1] + b"\x01")
        with pytest.raises(BadModel, match="not the file"):
            PoseEstimator.load(tmp_path)

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("stage", "segmentation", "segmentation"),
            ("format", "sbea-model/9", "format"),
            ("plan", {"scale": 1}, "cannot be read"),
            ("config", {"speed": 9}, "speed"),
            ("stage_facts", {}, "skeleton"),
        ],
    )
    def test_a_card_that_does_not_fit(
        self, briefly_trained: PoseEstimator, tmp_path: Path, field: str, value: object, reason: str
    ) -> None:
        briefly_trained.save(tmp_path)
        file = tmp_path / CARD_FILE
        file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))
        with pytest.raises(BadModel, match=reason):
            PoseEstimator.load(tmp_path)
