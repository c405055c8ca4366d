"""How fast a growing result is sent to one client: one window at a time, and the newest to whoever lags."""

from __future__ import annotations

from dataclasses import dataclass

# Ticks in one message; a chunk of the store, so that a window never waits for half a chunk.
WINDOW_TICKS = 512
# A client that is further behind is not sent what it missed: it can ask for that over HTTP.
MAX_BEHIND_TICKS = 4 * WINDOW_TICKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The next window to send.

    Attributes:
        seq: Number of the message within this following, from 1 on without gaps.
        start, stop: Half-open range of ticks.
        skipped: Half-open range of ticks that are left out because the client lags, or None.
    """

    seq: int
    start: int
    stop: int
    skipped: tuple[int, int] | None


@dataclass(slots=True, kw_only=True)
class Following:
    """What one client has of one result.

    A window is only sent when the client has said that it received the one before. So a slow client slows
    nobody but itself, and nothing piles up in the server.
    """

    next_tick: int
    seq: int = 0
    ended: bool = False
    _outstanding: bool = False

    def turn(self, *, done: int, finished: bool) -> Turn | None:
        """The window to send now, or None: nothing new, or the client has not taken the last one.

        Args:
            done: Ticks that are complete.
            finished: The result will not grow any more. The last turn may then be empty: it says so.
        """
        if not finished:
            self.ended = False  # a job that had failed was queued again
        if self._outstanding or self.ended:
            return None
        done = max(done, self.next_tick)
        if done == self.next_tick and not finished:
            return None
        start, skipped = self.next_tick, None
        if done - start > MAX_BEHIND_TICKS:
            start = done - WINDOW_TICKS
            skipped = (self.next_tick, start)
        stop = min(done, start + WINDOW_TICKS)
        self.seq += 1
        self.next_tick = stop
        self.ended = finished and stop == done
        self._outstanding = True
        return Turn(seq=self.seq, start=start, stop=stop, skipped=skipped)

    def received(self, seq: int) -> bool:
        """The client has taken message `seq`; False where that is not the one it was sent last."""
        if seq != self.seq or not self._outstanding:
            return False
        self._outstanding = False
        return True
