"""Which labelled frames each member of an ensemble leaves out, so that every label is judged unseen."""

from __future__ import annotations

import numpy as np

from sbea_engine.data import LabelSet
from sbea_engine.pose.ensemble_size import blocks_left_out, moments_needed
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.plan import placed_mask
from sbea_engine.pose.splits import Rows, labelled_rows, moments_of


def left_out_rows(labels: LabelSet, members: int) -> list[Rows]:
    """For each member the rows it must not see.

    The labelled moments, in time, are cut into as many blocks as there are members. Member m leaves out block
    m, and of four and more members also the block half way round, so that what is left out lies as far from
    what is seen as a block of time does. A moment that carries the only labels of a keypoint of an individual
    is seen by all.

    Raises:
        TooFewLabels: There are fewer than two moments a block.
    """
    rows = labelled_rows(labels)
    moments = moments_of(labels, rows)
    needed = moments_needed(members)
    if len(moments) < needed:
        raise TooFewLabels(
            f"{members} members need {needed} labelled moments or more, so that each can leave a block "
            f"of time out; there are {len(moments)}. Label more frames, or train fewer members.",
            needed=needed,
            got=len(moments),
        )
    blocks = np.array_split(np.arange(len(moments)), members)
    placed = np.array([placed_mask(labels)[of].any(axis=0).ravel() for of in moments])
    left_out = []
    for member in range(members):
        chosen = np.zeros(len(moments), dtype=bool)
        chosen[blocks[member]] = True
        if blocks_left_out(members) > 1:
            chosen[blocks[(member + members // 2) % members]] = True
        kept = np.asarray(placed[~chosen].any(axis=0))
        for lacking in np.flatnonzero(placed.any(axis=0) & ~kept):
            chosen[np.flatnonzero(placed[:, lacking])[0]] = False
        left_out.append(np.concatenate([moments[m] for m in np.flatnonzero(chosen)]))
    return left_out
