"""Between the engine's `LabelSet` and keypoints as the database keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Visibility
from webapp.annotation.keypoints import Change, VisibilityName
from webapp.annotation.services import LabelledInstance
from webapp.projects.models import Animal

NAME_OF = {
    Visibility.UNLABELLED: VisibilityName.UNLABELLED,
    Visibility.ABSENT: VisibilityName.ABSENT,
    Visibility.GUESSED: VisibilityName.GUESSED,
    Visibility.VISIBLE: VisibilityName.VISIBLE,
}
VALUE_OF = {name.value: value for value, name in NAME_OF.items()}


def labelled_instances(labels: LabelSet, animals: Sequence[Animal]) -> Iterator[LabelledInstance]:
    """Instances frame by frame, one for each individual.

    Args:
        labels: Of one video, whose frame indices are those of the video.
        animals: One for each individual, in the order of the individual axis.
    """
    for f, source in enumerate(labels.frames):
        for i, animal in enumerate(animals):
            changes = [
                change_of(labels.points_px[f, i, k], Visibility(int(labels.visibility[f, i, k])))
                for k in range(len(labels.skeleton))
            ]
            yield LabelledInstance(frame_index=source.index, animal=animal, changes=changes)


def change_of(point_px: NDArray[np.float32], visibility: Visibility) -> Change:
    """One keypoint as a change that places it."""
    name = NAME_OF[visibility]
    if visibility < Visibility.GUESSED:
        return Change(x=None, y=None, visibility=name)
    # The shortest decimal of the float32: widening it would show digits that were never there.
    return Change(x=float(str(point_px[0])), y=float(str(point_px[1])), visibility=name)
