from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from sbea_engine.data import FrameSource, LabelSet, Skeleton
from sbea_engine.pose.training import labels_checksum


def labels(individuals: tuple[str, ...]) -> LabelSet:
    shape = (2, len(individuals), 2)
    return LabelSet(
        skeleton=Skeleton(keypoints=("a", "b")),
        individuals=individuals,
        frames=tuple(FrameSource(video="v", index=i, path=Path("x.png")) for i in (3, 8)),
        points_px=np.arange(2 * np.prod(shape), dtype=np.float32).reshape(*shape, 2),
        visibility=np.full(shape, 2, np.int8),
    )


class TestLabelsChecksum:
    def test_one_animal_has_the_digest_that_the_first_release_gave(self) -> None:
        """By its recipe, written out: models of the first release are found again by it."""
        one = labels(("mouse",))
        parts = [
            json.dumps(one.skeleton.to_dict(), sort_keys=True).encode(),
            json.dumps([["v", 3], ["v", 8]]).encode(),
            one.points_px.astype("<f4").tobytes(),
            one.visibility.tobytes(),
        ]
        assert labels_checksum(one) == hashlib.sha256(b"".join(parts)).hexdigest()

    def test_who_is_who_counts_where_there_are_several(self) -> None:
        assert labels_checksum(labels(("a", "b"))) != labels_checksum(labels(("b", "a")))

    def test_ticks_count_since_the_splits_follow_them(self) -> None:
        one = labels(("mouse",))
        shown = [
            replace(one, frames=tuple(replace(f, recording="take", tick=f.index + late) for f in one.frames))
            for late in (0, 5)
        ]
        assert len({labels_checksum(rows) for rows in (one, *shown)}) == 3
