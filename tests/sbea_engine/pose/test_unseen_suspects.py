"""Slips of the hand among labels that it had not seen are found by a model that answers well."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.pose.unseen_suspects import MOST_SUSPECTS, unseen_suspects

SKELETON = Skeleton(keypoints=("left ear", "right ear", "tail"), symmetric=(("left ear", "right ear"),))
FRAMES = 80


@pytest.fixture
def truth() -> LabelSet:
    """Ears 20 px apart, the tail 60 px away, everywhere the same."""
    points = np.zeros((FRAMES, 1, 3, 2), np.float32)
    points[..., 1, 1], points[..., 2, 0] = 20, 60
    return LabelSet(
        skeleton=SKELETON,
        individuals=("mouse",),
        frames=tuple(FrameSource(video="v", index=i, path=Path("no.mp4")) for i in range(FRAMES)),
        points_px=points,
        visibility=np.full((FRAMES, 1, 3), Visibility.VISIBLE, np.int8),
    )


def found(truth: LabelSet, points: NDArray[np.float32], sure: float = 0.9) -> dict[str, Any]:
    return unseen_suspects(truth, points, np.full(points.shape[:-1], sure, np.float32), 2.5)


def test_a_good_model_finds_nothing_to_doubt(truth: LabelSet) -> None:
    assert found(truth, truth.points_px + 1) == {"labels": [], "total": 0, "words": []}


def test_swapped_ears_and_a_label_beside_the_animal(truth: LabelSet) -> None:
    points = np.array(truth.points_px)
    points[3, 0, [0, 1]] = points[3, 0, [1, 0]]
    points[7, 0, 2] += 40
    told = found(truth, points)
    swapped, far = told["labels"]
    assert (swapped["index"], swapped["kind"], swapped["keypoints"]) == (
        3,
        "left/right swapped",
        ["left ear", "right ear"],
    )
    assert (far["index"], far["keypoints"], far["distance_px"]) == (7, ["tail"], 56.57)
    assert told["words"] == [
        "left ear and right ear are swapped in 1 label.",
        "tail is far from where the networks find it in 1 label.",
    ]
    json.dumps(told, allow_nan=False)


def test_one_that_was_called_absent_has_no_distance(truth: LabelSet) -> None:
    visibility, labels = np.array(truth.visibility), np.array(truth.points_px)
    visibility[2, 0, 2], labels[2, 0, 2] = Visibility.ABSENT, np.nan
    told = found(replace(truth, points_px=labels, visibility=visibility), truth.points_px)
    [one] = told["labels"]
    assert (one["index"], one["kind"], one["distance_px"]) == (2, "absent but found", None)
    json.dumps(told, allow_nan=False)


def test_an_answer_without_confidence_is_no_reason(truth: LabelSet) -> None:
    points = np.array(truth.points_px)
    points[7, 0, 2] += 40
    assert found(truth, points, sure=0.2)["total"] == 0


def test_of_many_the_first_are_kept_and_all_are_counted(truth: LabelSet) -> None:
    points = np.array(truth.points_px)
    points[:, 0, [0, 1]] = points[:, 0, [1, 0]]
    told = found(truth, points)
    assert (len(told["labels"]), told["total"]) == (MOST_SUSPECTS, FRAMES)
