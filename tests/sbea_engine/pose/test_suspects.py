"""Faults that were put into labels are found, and nothing else is."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.pose.suspects import find_suspects, in_words

SKELETON = Skeleton(keypoints=("snout", "leftear", "rightear"), symmetric=(("leftear", "rightear"),))
FRAMES, RADIUS = 40, 4.0


@pytest.fixture
def scene() -> tuple[LabelSet, np.ndarray, np.ndarray]:
    """Labels, answers 1 px off, and confidence."""
    rng = np.random.default_rng(0)
    truth = rng.uniform(50, 300, (FRAMES, 1, 1, 2)) + np.array([[0, 0], [-10, 20], [10, 20]])
    labels = LabelSet(
        skeleton=SKELETON,
        individuals=("mouse",),
        frames=tuple(FrameSource(video="v", index=i, path=Path("v.mp4")) for i in range(FRAMES)),
        points_px=truth.astype(np.float32),
        visibility=np.full((FRAMES, 1, 3), Visibility.VISIBLE, np.int8),
    )
    answers = (truth + rng.normal(0, 1, truth.shape)).astype(np.float32)
    return labels, answers, np.full((FRAMES, 1, 3), 0.9, np.float32)


def test_clean_labels_are_not_suspected(scene: tuple[LabelSet, np.ndarray, np.ndarray]) -> None:
    assert find_suspects(*scene, RADIUS) == []


def test_each_kind_of_fault_is_told_once(scene: tuple[LabelSet, np.ndarray, np.ndarray]) -> None:
    labels, answers, confidence = scene
    points, visibility = labels.points_px.copy(), labels.visibility.copy()
    points[[3, 9], :, 1:] = points[[3, 9], :, 1:][:, :, ::-1]  # ears exchanged
    points[20, 0, 0] += 60
    points[30, 0, 0], visibility[30, 0, 0] = np.nan, Visibility.ABSENT
    faulty = dataclasses.replace(labels, points_px=points, visibility=visibility)
    found = find_suspects(faulty, answers, confidence, RADIUS)
    assert [(s.index, s.kind) for s in found] == [
        *((i, "left/right swapped") for i in sorted((3, 9), key=lambda i: [s.index for s in found].index(i))),
        (20, "far from the answer"),
        (30, "absent but found"),
    ]
    assert found[0].keypoints == ("leftear", "rightear")
    assert in_words(found, SKELETON) == [
        "leftear and rightear are swapped in 2 labels.",
        "snout is far from where the networks find it in 1 label.",
        "snout is called absent in 1 label, and the networks find it.",
    ]


def test_doubtful_answers_and_missing_ones_accuse_nobody(
    scene: tuple[LabelSet, np.ndarray, np.ndarray],
) -> None:
    labels, answers, confidence = scene
    answers[5] += 80
    confidence[5] = 0.2
    answers[6] = np.nan
    assert find_suspects(labels, answers, confidence, RADIUS) == []


def test_both_ears_on_one_side_is_no_swap(scene: tuple[LabelSet, np.ndarray, np.ndarray]) -> None:
    labels, answers, confidence = scene
    answers[8, 0, 1] = answers[8, 0, 2]
    kinds = {s.kind for s in find_suspects(labels, answers, confidence, RADIUS)}
    assert "left/right swapped" not in kinds
