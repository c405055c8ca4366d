"""An ensemble does all that a pose model does (as `test_contract.py` asks of families), and more."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.errors import Cancelled
from sbea_engine.nn.card import CARD_FILE, WEIGHTS_FILE, BadModel
from sbea_engine.nn.checkpoint import BadCheckpoint
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.crossfit import left_out_rows
from sbea_engine.pose.ensemble import PoseEnsemble
from sbea_engine.pose.ensemble_files import read_out_of_fold, write_out_of_fold
from sbea_engine.pose.errors import NotTrained, TooFewLabels
from sbea_engine.pose.factory import create, load
from sbea_engine.pose.member import member_config
from sbea_engine.pose.training import fingerprint
from sbea_engine.progress import Progress
from tests.fixtures.full_disk import full_disk

SHORT = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=4, members=4)


@pytest.fixture(scope="module")
def ensemble(scene: LabelSet) -> PoseEnsemble:
    return PoseEnsemble(SHORT).fit(scene)


class TestLeftOutRows:
    def test_every_label_is_left_out_by_two_of_four_and_seen_by_the_others(self, scene: LabelSet) -> None:
        left_out = left_out_rows(scene, 4)
        times = np.bincount(np.concatenate(left_out), minlength=len(scene))
        np.testing.assert_array_equal(times, 2)
        assert len({tuple(rows) for rows in left_out}) > 1

    def test_of_three_each_leaves_out_one_block_of_time(self, scene: LabelSet) -> None:
        left_out = left_out_rows(scene, 3)
        np.testing.assert_array_equal(np.sort(np.concatenate(left_out)), np.arange(len(scene)))
        assert all((np.diff(rows) == 1).all() for rows in left_out)

    def test_the_only_labels_of_a_keypoint_are_seen_by_all(self, scene: LabelSet) -> None:
        points, visibility = np.array(scene.points_px), np.array(scene.visibility)
        points[:, :, 1], visibility[:, :, 1] = np.nan, Visibility.ABSENT
        points[7, 0, 1], visibility[7, 0, 1] = (5, 5), Visibility.VISIBLE
        rare = LabelSet(
            skeleton=scene.skeleton,
            individuals=scene.individuals,
            frames=scene.frames,
            points_px=points,
            visibility=visibility,
        )
        assert all(7 not in rows for rows in left_out_rows(rare, 4))

    def test_too_few_moments(self, scene: LabelSet) -> None:
        with pytest.raises(TooFewLabels, match="20 labelled moments or more"):
            left_out_rows(scene.select(range(12)), 10)


class TestFit:
    def test_members_differ_in_seed_and_labels(self, ensemble: PoseEnsemble, scene: LabelSet) -> None:
        cards = [member.card_ for member in ensemble.members_]
        assert [card.config["seed"] for card in cards] == [0, 1, 2, 3]
        assert len({card.data["labels_sha256"] for card in cards}) > 1
        seen = [set(card.data["training_frames"]["scene"]) for card in cards]
        for member, rows in enumerate(left_out_rows(scene, 4)):
            assert not seen[member] & set(rows.tolist())

    def test_answers_to_every_label_are_of_those_who_had_not_seen_it(
        self, ensemble: PoseEnsemble, scene: LabelSet
    ) -> None:
        found = ensemble.out_of_fold_
        answered = np.isfinite(found.points_px[..., 0]).all(axis=(2, 3))
        expected = np.zeros((4, len(scene)), bool)
        for member, rows in enumerate(left_out_rows(scene, 4)):
            expected[member, rows] = True
        np.testing.assert_array_equal(answered, expected)
        alone = ensemble.members_[1].predict_sources([scene.frames[r] for r in np.flatnonzero(expected[1])])
        np.testing.assert_allclose(found.points_px[1, expected[1]], alone[0], atol=1e-3)

    def test_absent_keypoints_calibrate_as_wrong(self, ensemble: PoseEnsemble, scene: LabelSet) -> None:
        fitted = ensemble.calibration_.calibration
        assert fitted.n == (scene.visibility != Visibility.UNLABELLED).sum()
        assert fitted.right is not None
        assert fitted.right <= (scene.visibility >= Visibility.GUESSED).mean()

    @pytest.mark.slow
    def test_killed_it_goes_on_with_the_member_it_was_at(
        self, ensemble: PoseEnsemble, scene: LabelSet, tmp_path: Path
    ) -> None:
        def cancel_in_the_third(progress: Progress) -> None:
            if progress.stage == "train" and progress.done == 2 * 4 + 2:
                raise Cancelled

        reports: list[Progress] = []
        with pytest.raises(Cancelled):
            PoseEnsemble(SHORT).fit(scene, checkpoint=tmp_path, on_progress=cancel_in_the_third)
        resumed = PoseEnsemble(SHORT).fit(scene, checkpoint=tmp_path, on_progress=reports.append)
        done = [r.done for r in reports if r.stage == "train"]
        assert done == list(range(11, 17))
        assert {r.total for r in reports if r.stage == "train"} == {16}
        np.testing.assert_allclose(
            resumed.predict_sources(scene.frames)[0], ensemble.predict_sources(scene.frames)[0], atol=1e-3
        )
        with pytest.raises(BadCheckpoint, match="another run"):
            PoseEnsemble(SHORT).fit(scene.select(range(16)), checkpoint=tmp_path)

    def test_settings_of_members(self) -> None:
        config = PoseConfig(members=5, seed=2**31 - 2, minutes=10)
        assert member_config(config, 3).seed == 1
        assert member_config(config, 3).minutes == 2
        assert member_config(config, 3).members == 1

    def test_one_member_is_the_run_that_it_was_before_there_were_ensembles(self, scene: LabelSet) -> None:
        config = PoseConfig(preset="tiny", seed=3)
        settings = {k: v for k, v in config.to_dict().items() if k != "members"}
        assert PoseConfig.from_dict(settings) == config
        assert fingerprint(scene, config) != fingerprint(scene, SHORT)

    @pytest.mark.parametrize("members", [0, 21, 2.5])
    def test_a_number_of_members_that_cannot_be(self, members: float) -> None:
        with pytest.raises(BadPoseConfig, match="members"):
            PoseConfig.from_dict({"members": members})


class TestPredict:
    def test_all_ways_give_the_same(self, ensemble: PoseEnsemble, scene: LabelSet) -> None:
        points, confidence = ensemble.predict_sources(scene.frames)
        assert points.shape == scene.points_px.shape
        assert points.dtype == confidence.dtype == np.float32
        assert ((confidence >= 0) & (confidence <= 1)).all()
        poses = ensemble.predict(scene.frames[0].path.parent, [1, 4])
        np.testing.assert_allclose(poses.points_px, points[[1, 4]], atol=1e-3)
        np.testing.assert_allclose(poses.confidence, confidence[[1, 4]], atol=1e-3)
        from sbea_engine.video.reader import read_source

        stream = list(ensemble.predict_stream(read_source(f) for f in scene.frames))
        np.testing.assert_allclose(np.concatenate([p for p, _ in stream]), points, atol=1e-3)

    def test_spread_is_that_of_the_members(self, ensemble: PoseEnsemble, scene: LabelSet) -> None:
        spread = ensemble.predict_sources_with_spread(scene.frames)[2]
        apart = np.stack([m.predict_sources(scene.frames)[0] for m in ensemble.members_])
        np.testing.assert_allclose(
            spread, np.sqrt(apart.var(axis=0, ddof=1).mean(axis=-1)), rtol=1e-3, atol=1e-3
        )

    def test_before_fit(self, scene: LabelSet) -> None:
        with pytest.raises(NotTrained):
            PoseEnsemble(SHORT).predict_sources(scene.frames)


class TestSaveAndLoad:
    def test_a_loaded_ensemble_answers_the_same(
        self, ensemble: PoseEnsemble, scene: LabelSet, tmp_path: Path
    ) -> None:
        card = ensemble.save(tmp_path)
        assert (card.stage, card.family) == ("pose", SHORT.family)
        loaded = load(tmp_path, threads=1)
        assert isinstance(loaded, PoseEnsemble)
        assert loaded.provenance == ensemble.provenance
        for mine, theirs in zip(
            loaded.predict_sources(scene.frames), ensemble.predict_sources(scene.frames), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(loaded.out_of_fold_.points_px, ensemble.out_of_fold_.points_px)
        json.dumps(card.stage_facts, allow_nan=False)

    def test_a_member_of_another_ensemble(
        self, ensemble: PoseEnsemble, scene: LabelSet, tmp_path: Path
    ) -> None:
        ensemble.save(tmp_path)
        other = create(PoseConfig(preset="tiny", threads=1, device="cpu", iterations=2)).fit(scene)
        other.save(tmp_path / "member-2")
        with pytest.raises(BadModel, match="no member of the ensemble"):
            load(tmp_path)

    def test_a_lost_member(self, ensemble: PoseEnsemble, tmp_path: Path) -> None:
        ensemble.save(tmp_path)
        (tmp_path / "member-1" / "card.json").unlink()
        with pytest.raises(BadModel, match="member-1"):
            load(tmp_path)

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            *((("calibration", "radius_px"), value) for value in (None, -1, 0, 1e300, "2.5", [2.5], True)),
            *((("calibration", "spread_weight"), value) for value in (None, -1, 1e300, "1", True)),
            *((("calibration", "slope"), value) for value in (None, -1, "1")),
            (("calibration",), None),
            (("calibration",), [1]),
            (("individuals",), "mouse"),
            (("individuals",), ["other"]),
            (("skeleton", "keypoints"), ["tail", "nose"]),
        ],
    )
    def test_a_card_that_does_not_fit(
        self, ensemble: PoseEnsemble, tmp_path: Path, place: tuple[str, ...], value: object
    ) -> None:
        ensemble.save(tmp_path)
        card = json.loads((tmp_path / CARD_FILE).read_text())
        within = card["stage_facts"]
        for name in place[:-1]:
            within = within[name]
        within[place[-1]] = value
        (tmp_path / CARD_FILE).write_text(json.dumps(card))
        with pytest.raises(BadModel, match="ensemble"):
            load(tmp_path, threads=1)

    @pytest.mark.parametrize("members", [3, 5, "4", True, None])
    def test_another_number_of_members(self, ensemble: PoseEnsemble, tmp_path: Path, members: object) -> None:
        ensemble.save(tmp_path)
        card = json.loads((tmp_path / CARD_FILE).read_text())
        card["config"]["members"] = members
        (tmp_path / CARD_FILE).write_text(json.dumps(card))
        with pytest.raises(BadModel):
            load(tmp_path, threads=1)

    def test_a_member_whose_card_names_keypoints_in_another_order(
        self, ensemble: PoseEnsemble, tmp_path: Path
    ) -> None:
        """No checksum holds the card of a member."""
        ensemble.save(tmp_path)
        file = tmp_path / "member-2" / CARD_FILE
        card = json.loads(file.read_text())
        card["stage_facts"]["skeleton"]["keypoints"].reverse()
        file.write_text(json.dumps(card))
        with pytest.raises(BadModel, match="member-2: is no member of the ensemble"):
            load(tmp_path, threads=1)

    @pytest.mark.parametrize(
        "change",
        [
            {"points_px": np.zeros((4, 20, 1, 2), np.float32)},
            {"points_px": np.zeros((4, 19, 1, 2, 2), np.float32)},
            {"points_px": np.full((4, 20, 1, 2, 2), np.inf, np.float32)},
            {"points_px": np.zeros((4, 20, 1, 2, 2), np.int32)},
            {"confidence": np.full((4, 20, 1, 2), 1.5, np.float32)},
            {
                "points_px": np.zeros((0, 20, 1, 2, 2), np.float32),
                "confidence": np.zeros((0, 20, 1, 2), np.float32),
            },
            {"members": "[" * 100_000},
            {"members": '["a"]'},
        ],
        ids=["axes", "frames", "inf", "int", "confidence", "none", "deep", "members"],
    )
    def test_answers_that_cannot_be(
        self, ensemble: PoseEnsemble, tmp_path: Path, change: dict[str, Any]
    ) -> None:
        ensemble.save(tmp_path)
        file = tmp_path / WEIGHTS_FILE
        with safe_open(file, framework="numpy") as handle:
            members = handle.metadata()["members"]
            before = {name: handle.get_tensor(name) for name in ("points_px", "confidence")}
        found = {"members": members, **before, **change}
        save_file({name: found[name] for name in before}, file, {"members": found["members"]})
        with pytest.raises(BadModel, match=re.escape(str(file))):
            read_out_of_fold(tmp_path)

    def test_a_full_disk_leaves_nothing_half_written(self, ensemble: PoseEnsemble, tmp_path: Path) -> None:
        with full_disk(500), pytest.raises(OSError, match="too large"):
            write_out_of_fold(tmp_path, ensemble.out_of_fold_, ["a"] * 4)
        assert list(tmp_path.iterdir()) == []
