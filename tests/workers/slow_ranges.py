"""A worker of the tests that loads this takes its time over every range, on however fast a machine.

Without it a small network is through a range before anybody can see that it is held, and through the whole
video before a second worker has started.
"""

from __future__ import annotations

import time

from workers import predictions, sharing
from workers.sharing import JobRanges

LEADER_S, HELPER_S = 0.2, 0.1
"""After every batch of 32 frames; a range has 64 of them."""

_hold = JobRanges.hold


def _hold_slowly(self: JobRanges, number: int, frames: int) -> None:
    _hold(self, number, frames)
    time.sleep(LEADER_S if self._leads else HELPER_S)


JobRanges.hold = _hold_slowly  # type: ignore[method-assign]
sharing.HOLD_PERIOD_S = 0.0
predictions.PASS_ON_PERIOD_S = 0.5
