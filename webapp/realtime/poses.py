"""What a client that follows 3D poses is sent, read from the rows and the store."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from webapp.api.errors import NotFound
from webapp.realtime.following import Following, Turn
from webapp.realtime.messages import FollowMessage, PosesMessage, ReceivedMessage, TickRange
from webapp.results.models import Reconstruction
from webapp.results.reconstructions.windows import poses_window

# A page looks at one recording; somebody who asks for more at once is not a page of ours.
MAX_FOLLOWED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A message and the bytes that go behind it; None where it has no rows."""

    message: PosesMessage
    body: bytes | None


class Followings:
    """The reconstructions that one client follows. Its methods read the database: call them in a thread."""

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        self._followed: dict[int, Following] = {}
        self._by_job: dict[UUID, int] = {}

    def is_full_for(self, reconstruction_id: int) -> bool:
        """One more would be too many; one that is followed already may begin anew."""
        return reconstruction_id not in self._followed and len(self._followed) >= MAX_FOLLOWED

    def follow(self, message: FollowMessage) -> Window | None:
        """Begin, or begin anew after a lost connection; returns the first window if there is one.

        Raises:
            NotFound: The project has no such reconstruction.
            BadPoses3DStore: Its files are damaged.
        """
        row = self._row(message.reconstruction_id)
        self._followed[row.pk] = Following(next_tick=min(message.since, row.tick_count))
        if row.job_id is not None:
            self._by_job[row.job_id] = row.pk
        return self._turn(row)

    def received(self, message: ReceivedMessage) -> Window | None:
        """The client has taken a window; returns the next one if there is one."""
        following = self._followed.get(message.reconstruction_id)
        if following is None or not following.received(message.seq):
            return None
        return self.advance(message.reconstruction_id)

    def unfollow(self, reconstruction_id: int) -> None:
        """Send no more of it."""
        self._followed.pop(reconstruction_id, None)
        self._by_job = {job: pk for job, pk in self._by_job.items() if pk != reconstruction_id}

    def of_job(self, job_id: UUID) -> int | None:
        """The reconstruction that this job makes, if it is followed."""
        return self._by_job.get(job_id)

    def advance(self, reconstruction_id: int) -> Window | None:
        """The next window, if there is something new and the client has taken the last one.

        Raises:
            NotFound: It was deleted since.
            BadPoses3DStore: Its files are damaged.
        """
        return self._turn(self._row(reconstruction_id))

    def _row(self, reconstruction_id: int) -> Reconstruction:
        rows = Reconstruction.objects.filter(project_id=self._project_id, pk=reconstruction_id)
        row = rows.select_related("model__skeleton").first()
        if row is None:
            raise NotFound("reconstruction")
        return row

    def _turn(self, row: Reconstruction) -> Window | None:
        following = self._followed.get(row.pk)
        if following is None:
            return None
        running = row.state == Reconstruction.State.RUNNING
        turn = following.turn(done=row.ticks_done, finished=not running)
        return None if turn is None else _window(row, turn)


def _window(row: Reconstruction, turn: Turn) -> Window:
    body = None
    individuals, keypoints = max(1, len(row.individuals)), len(row.model.skeleton.noun)
    if turn.stop > turn.start:
        window = poses_window(reconstruction=row, start=turn.start, stop=turn.stop)
        body, (_, individuals, keypoints, _) = window.body, window.shape
    message = PosesMessage(
        reconstruction_id=row.pk,
        seq=turn.seq,
        start=turn.start,
        stop=turn.stop,
        individuals=individuals,
        keypoints=keypoints,
        skipped=None if turn.skipped is None else TickRange(start=turn.skipped[0], stop=turn.skipped[1]),
        ticks_done=row.ticks_done,
        tick_count=row.tick_count,
        state=row.state,
    )
    return Window(message=message, body=body)
