"""How many frames a holdout leaves, before anything is trained: as the engine will divide them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Visibility
from sbea_engine.pose.splits import split_holdout
from tests.fixtures.blobs import NOSE_TAIL
from webapp.training.services import training_frames


def labels_of(counts: list[int]) -> LabelSet:
    frames = tuple(
        FrameSource(video=f"{video:02}/top", index=10 * n, path=Path(f"{video:02}.mp4"))
        for video, count in enumerate(counts)
        for n in range(count)
    )
    shape = (len(frames), 1, len(NOSE_TAIL))
    return LabelSet(
        skeleton=NOSE_TAIL,
        individuals=("mouse",),
        frames=frames,
        points_px=np.ones((*shape, 2), np.float32),
        visibility=np.full(shape, Visibility.VISIBLE, np.int8),
    )


@pytest.mark.parametrize("counts", [[116], [40, 40], [2] * 30, [3] * 7, [40, 1, 2, 1, 4], [20, 5, 4]])
@pytest.mark.parametrize("holdout", ["last:0.2", "block:0.4-0.6", "last:0.5"])
def test_agrees_with_the_engine(counts: list[int], holdout: str) -> None:
    labels = labels_of(counts)
    split = split_holdout(labels, holdout)
    known = {f"{video:02}/top": count for video, count in enumerate(counts)}
    assert training_frames(known, holdout) == (len(split.train), len(split.test))
