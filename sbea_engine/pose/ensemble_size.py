"""How many networks answer together, and what that costs. Standard library only: the web process reads it."""

from __future__ import annotations

__all__ = ["MAX_MEMBERS", "blocks_left_out", "moments_needed", "share_seen"]

MAX_MEMBERS = 20

MANY_MEMBERS = 4
"""From so many members on each block is left out by two of them: only then does their spread on frames that
neither has seen exist. Three members that left out two blocks of three would hardly be trained."""

MOMENTS_A_BLOCK = 2


def blocks_left_out(members: int) -> int:
    """Of as many blocks of time as there are members, how many each does not see; none where there is one."""
    if members == 1:
        return 0
    return 2 if members >= MANY_MEMBERS else 1


def share_seen(members: int) -> float:
    """What share of the labelled moments each member learns from."""
    return 1 - blocks_left_out(members) / members


def moments_needed(members: int) -> int:
    """Labelled moments that there must be, so that each member can leave out its blocks."""
    return MOMENTS_A_BLOCK * members if members > 1 else 1
