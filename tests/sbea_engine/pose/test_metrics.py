import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Skeleton
from sbea_engine.data.poses import BadPoses
from sbea_engine.pose.metrics import calibration_figures, evaluate, wilson_interval


@pytest.fixture
def truth() -> LabelSet:
    """Two frames of three keypoints; the last one is absent on the second frame and never labelled before."""
    points = np.array([[[[10, 10], [20, 20], [np.nan, np.nan]]], [[[30, 30], [40, 40], [np.nan, np.nan]]]])
    return LabelSet(
        skeleton=Skeleton(keypoints=("a", "b", "c")),
        individuals=("mouse",),
        frames=tuple(FrameSource(video="v", index=i, path=Path(f"{i}.png")) for i in (3, 8)),
        points_px=points.astype(np.float32),
        visibility=np.array([[[2, 1, -1]], [[2, 2, 0]]], dtype=np.int8),
    )


class TestEvaluate:
    def test_figures_by_hand(self, truth: LabelSet) -> None:
        answer = np.zeros((2, 1, 3, 2), dtype=np.float32)
        answer[0, 0, :2] = [[13, 14], [20, 20]]  # 5 and 0 px off
        answer[1, 0, :2] = [[30, 36], [53, 40]]  # 6 and 13 px off
        result = evaluate(truth, answer)
        assert result["n"] == 4
        assert result["missing"] == 0
        assert result["mean_px"] == pytest.approx(6.0)
        assert result["median_px"] == pytest.approx(5.5)
        assert result["rms_px"] == pytest.approx(np.sqrt((25 + 0 + 36 + 169) / 4))
        assert result["pck5"] == pytest.approx(0.5)
        assert result["pck10"] == pytest.approx(0.75)
        assert result["by_keypoint"]["a"]["mean_px"] == pytest.approx(5.5)
        assert result["by_keypoint"]["b"]["pck5"] == pytest.approx(0.5)
        assert result["worst"] == [
            {
                "video": "v", "index": 8, "mean_px": pytest.approx(9.5),
                "labels_px": [[[30, 30], [40, 40], None]], "points_px": [[[30, 36], [53, 40], [0, 0]]],
            },
            {
                "video": "v", "index": 3, "mean_px": pytest.approx(2.5),
                "labels_px": [[[10, 10], [20, 20], None]], "points_px": [[[13, 14], [20, 20], [0, 0]]],
            },
        ]  # fmt: skip
        assert result["worst_by_keypoint"]["b"] == [
            {"video": "v", "index": 8, "individual": "mouse", "distance_px": pytest.approx(13)},
            {"video": "v", "index": 3, "individual": "mouse", "distance_px": pytest.approx(0)},
        ]
        assert result["worst_by_keypoint"]["c"] == []
        json.dumps(result, allow_nan=False)

    def test_a_keypoint_without_truth_has_no_figure(self, truth: LabelSet) -> None:
        row = evaluate(truth, np.zeros((2, 1, 3, 2), dtype=np.float32))["by_keypoint"]["c"]
        assert row == {
            "n": 0, "missing": 0, "mean_px": None, "median_px": None, "rms_px": None, "pck5": None,
            "pck10": None,
        }  # fmt: skip

    def test_a_missing_answer_is_wrong_but_has_no_distance(self, truth: LabelSet) -> None:
        answer = np.array(truth.points_px)
        answer[0, 0, 0] = np.nan
        result = evaluate(truth, answer)
        assert (result["n"], result["missing"], result["mean_px"]) == (3, 1, 0.0)
        assert result["pck5"] == pytest.approx(0.75)

    def test_confidence_is_compared_with_being_right(self, truth: LabelSet) -> None:
        answer = np.array(truth.points_px)
        answer[1, 0, 1] += 50
        result = evaluate(truth, answer, np.full((2, 1, 3), 0.75, dtype=np.float32), radius_px=5)
        assert result["confidence"]["right"] == pytest.approx(0.75)
        assert result["worst"][0]["points_px"][0][1] == [90, 90, 0.75]
        assert result["confidence"]["brier"] == pytest.approx((3 * 0.0625 + 0.5625) / 4)

    def test_other_shapes_are_refused(self, truth: LabelSet) -> None:
        with pytest.raises(BadPoses, match=r"\(2, 1, 3, 2\)"):
            evaluate(truth, np.zeros((2, 3, 2), dtype=np.float32))


class TestCalibrationFigures:
    def test_perfectly_calibrated(self) -> None:
        confidence = np.repeat([0.0, 1.0], 50)
        figures = calibration_figures(confidence, confidence > 0.5)
        assert figures["ece"] == pytest.approx(0.0)
        assert figures["brier"] == pytest.approx(0.0)

    def test_sure_and_wrong(self) -> None:
        figures = calibration_figures(np.ones(20), np.zeros(20, dtype=bool))
        assert figures["ece"] == pytest.approx(1.0)
        assert figures["brier"] == pytest.approx(1.0)

    def test_nothing_to_compare(self) -> None:
        nothing = calibration_figures(np.zeros(0), np.zeros(0, dtype=bool))
        assert (nothing["ece"], nothing["bins"]) == (None, [])

    def test_bins_add_up_to_the_whole(self) -> None:
        rng = np.random.default_rng(3)
        confidence = rng.random(207)
        right = rng.random(207) < confidence**2
        figures = calibration_figures(confidence, right)
        bins = figures["bins"]
        assert len(bins) == 10
        assert sum(b["n"] for b in bins) == 207
        assert sum(b["n"] * b["right"] for b in bins) == pytest.approx(right.sum())
        assert sum(b["n"] * abs(b["mean"] - b["right"]) for b in bins) / 207 == pytest.approx(figures["ece"])
        for one, following in pairwise(bins):
            assert one["low"] <= one["mean"] <= one["high"] <= following["low"]

    def test_the_interval_of_a_share_holds_it_nineteen_times_in_twenty(self) -> None:
        hits = np.random.default_rng(1).binomial(20, 0.9, size=4000)
        inside = [low <= 0.9 <= high for low, high in (wilson_interval(int(h), 20) for h in hits)]
        assert 0.93 < np.mean(inside) < 0.98

    def test_the_interval_of_a_share_by_hand(self) -> None:
        # Wilson 1927 as tabulated by Newcombe 1998, table I: 81 of 263
        assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
        assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
