"""3D poses over the WebSocket, while they are made, through the whole ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.conf import settings

from tests.webapp.factories import add_member, client_of, make_project, owner_of
from tests.webapp.realtime.communicator import Socket
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from tests.webapp.results.factories import folders_of_its_own, predicted, ready_model, written
from webapp.accounts.models import Role, User
from webapp.jobs.log import Line
from webapp.jobs.models import Job, JobEvent, JobState
from webapp.jobs.services import job_claim, job_finish, job_report, job_retry
from webapp.projects.models import Project
from webapp.realtime.following import WINDOW_TICKS
from webapp.realtime.poses import MAX_FOLLOWED
from webapp.recordings import storage
from webapp.results.models import Reconstruction
from webapp.results.reconstructions.services import (
    Outcome,
    reconstruction_finish,
    reconstruction_progress,
    reconstruction_start,
)

pytestmark = pytest.mark.django_db(transaction=True)

TICKS = 1300
LONG_TICKS = 2600  # more than a client may be behind
T = TypeVar("T")


async def db(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a database call in its own thread, as the application does."""
    result: T = await database_sync_to_async(call)(*args, **kwargs)
    return result


@pytest.fixture(autouse=True)
def no_files_of_other_tests() -> Iterator[None]:
    with folders_of_its_own():
        yield


def running(project: Project, ticks: int = TICKS) -> Reconstruction:
    """A reconstruction whose files are all there, of which the row admits as much as `progress` says."""
    model, recording = ready_model(project), pretend_recording(project, {"top": ticks, "side": ticks})
    recording.calibration = make_calibration(project, "top", "side")
    recording.save()
    predicted(model, recording, "top", "side")
    found = reconstruction_start(recording=recording, model=model, by=owner_of(project))
    assert found.job is not None
    assert job_claim(job_id=found.job.pk, worker="w") is not None
    written(found, done=0)
    return Reconstruction.objects.get(pk=found.pk)


def progress(found: Reconstruction, ticks: int) -> None:
    """As the worker does it: first the row, then the news."""
    reconstruction_progress(reconstruction=found, ticks_done=ticks, individuals=["animal 1"])
    line = Line(JobEvent.Kind.LOG, {"message": f"{ticks} ticks"})
    assert job_report(job_id=found.job_id, worker="w", progress=None, lines=[line])  # type: ignore[arg-type]


def finish(found: Reconstruction) -> None:
    reconstruction_finish(reconstruction=found, outcome=Outcome(ticks_done=TICKS, individuals=["animal 1"]))
    assert job_finish(job_id=found.job_id, worker="w", state=JobState.DONE, result={})  # type: ignore[arg-type]


def fail(found: Reconstruction) -> None:
    state, error = JobState.FAILED, {"code": "x", "message": "no"}
    assert job_finish(job_id=found.job_id, worker="w", state=state, error=error)  # type: ignore[arg-type]


def session_of(user: User) -> bytes:
    return client_of(user).cookies[settings.SESSION_COOKIE_NAME].value.encode()


async def connected(project: Project, user: User) -> Socket:
    socket = Socket(project.pk, await db(session_of, user))
    assert await socket.connect()
    return socket


async def follow(socket: Socket, found: Reconstruction, since: int = 0) -> None:
    await socket.send({"type": "follow", "reconstruction_id": found.pk, "since": since})


async def window(socket: Socket) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    """The next message of poses with its values (tick, individual, keypoint, 4)."""
    head = await socket.receive()
    assert head["type"] == "poses", head
    shape = (head["stop"] - head["start"], head["individuals"], head["keypoints"], 4)
    body = await socket.receive_bytes() if shape[0] else b""
    return head, np.frombuffer(body, "<f4").reshape(shape)


async def take(socket: Socket, head: dict[str, Any]) -> None:
    message = {"type": "received", "reconstruction_id": head["reconstruction_id"], "seq": head["seq"]}
    await socket.send(message)


async def follow_to_the_end(socket: Socket, *, pause_s: float) -> dict[int, np.ndarray[Any, Any]]:
    """Every tick that came, by number; what was left out is not there."""
    ticks: dict[int, np.ndarray[Any, Any]] = {}
    while True:
        head, values = await window(socket)
        ticks |= {head["start"] + row: value for row, value in enumerate(values)}
        if head["state"] != "running" and head["stop"] == head["ticks_done"]:
            return ticks
        await asyncio.sleep(pause_s)
        await take(socket, head)


class TestFollowing:
    async def test_a_window_comes_when_there_is_one(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        socket = await connected(project, await db(add_member, project, Role.VIEWER))
        await follow(socket, found)
        await db(progress, found, 700)
        head, values = await window(socket)
        assert (head["start"], head["stop"], head["ticks_done"], head["skipped"]) == (0, 512, 700, None)
        np.testing.assert_array_equal(values[:, 0, 1, :3], [[tick, 1, 7] for tick in range(512)])
        await db(progress, found, 900)  # nothing is sent before the first was taken
        await take(socket, head)
        head, _ = await window(socket)
        assert (head["seq"], head["start"], head["stop"]) == (2, 512, 900)
        await socket.leave()

    async def test_goes_on_where_a_client_says_that_it_is(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        await db(progress, found, 700)
        socket = await connected(project, owner_of(project))
        await follow(socket, found, since=600)
        head, values = await window(socket)
        assert (head["seq"], head["start"], head["stop"]) == (1, 600, 700)
        assert values[0, 0, 0, 0] == 600
        await socket.leave()

    async def test_ten_viewers_are_in_step_at_the_end(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        sockets = [await connected(project, owner_of(project)) for _ in range(10)]
        for socket in sockets:
            await follow(socket, found)
        paces = [0, 0, 0.01, 0.01, 0.02, 0.02, 0.05, 0.05, 0.1, 0.1]
        viewers = [
            asyncio.create_task(follow_to_the_end(socket, pause_s=pace))
            for socket, pace in zip(sockets, paces, strict=True)
        ]
        for done in range(100, TICKS, 100):
            await db(progress, found, done)
        await db(finish, found)
        for ticks in await asyncio.gather(*viewers):
            assert sorted(ticks) == list(range(TICKS))
            np.testing.assert_array_equal([ticks[t][0, 0, 0] for t in range(TICKS)], np.arange(TICKS))
        for socket in sockets:
            await socket.leave()

    async def test_a_job_that_failed_ends_it(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        socket = await connected(project, owner_of(project))
        await follow(socket, found)
        await db(fail, found)
        head, values = await window(socket)
        assert (head["state"], len(values)) == ("failed", 0)
        await socket.leave()

    async def test_nothing_more_after_unfollow(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        socket = await connected(project, owner_of(project))
        await follow(socket, found)
        await socket.send({"type": "unfollow", "reconstruction_id": found.pk})
        await socket.send({"type": "subscribe", "since": {}})
        assert (await socket.receive())["type"] == "snapshot"  # so what was sent before has been read
        await db(progress, found, 700)
        await db(finish, found)
        state = ""
        while state != "done":
            message = await socket.receive()
            assert message["type"] == "job"
            state = message["job"]["state"]
        await socket.leave()

    async def test_who_lags_is_told_what_is_left_out(self) -> None:
        project = await db(make_project)
        found = await db(running, project, LONG_TICKS)
        socket = await connected(project, owner_of(project))
        await db(progress, found, 10)
        await follow(socket, found)
        head, _ = await window(socket)
        await db(progress, found, LONG_TICKS)
        await take(socket, head)
        head, values = await window(socket)
        newest = LONG_TICKS - WINDOW_TICKS
        assert head["skipped"] == {"start": 10, "stop": newest}
        assert (head["start"], head["stop"], values[0, 0, 0, 0]) == (newest, LONG_TICKS, newest)
        await socket.leave()

    async def test_goes_on_when_a_failed_job_is_tried_again(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        await db(progress, found, 100)
        socket = await connected(project, owner_of(project))
        await follow(socket, found)
        await take(socket, (await window(socket))[0])
        await db(fail, found)
        head, _ = await window(socket)
        assert head["state"] == "failed"
        await take(socket, head)
        job = await db(Job.objects.get, pk=found.job_id)
        await db(job_retry, job=job, by=owner_of(project))
        assert await db(job_claim, job_id=job.pk, worker="w") is not None
        await db(progress, found, 300)
        head, _ = await window(socket)
        assert (head["state"], head["start"], head["stop"]) == ("running", 100, 300)
        await socket.leave()

    async def test_damaged_files_end_the_following_and_not_the_connection(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        socket = await connected(project, owner_of(project))
        await follow(socket, found)
        storage.remove_tree(storage.stored_path(found.folder))
        await db(progress, found, 700)
        told = await socket.receive()
        assert (told["type"], told["code"]) == ("error", "bad_poses_3d_store")
        assert str(storage.data_root()) not in told["detail"]
        assert told["reconstruction_id"] == found.pk
        await db(progress, found, 900)
        await socket.send({"type": "subscribe", "since": {}})
        assert (await socket.receive())["type"] != "error"
        await socket.leave()

    async def test_one_that_is_deleted_is_told(self) -> None:
        project = await db(make_project)
        found = await db(running, project)
        await db(progress, found, 10)
        socket = await connected(project, owner_of(project))
        await follow(socket, found)
        head, _ = await window(socket)
        await db(Reconstruction.objects.filter(pk=found.pk).delete)
        await take(socket, head)
        told = await socket.receive()
        assert (told["code"], told["reconstruction_id"]) == ("not_found", found.pk)
        await socket.leave()

    async def test_those_of_other_projects_are_not_there(self) -> None:
        project, other = await db(make_project), await db(make_project)
        found = await db(running, other)
        socket = await connected(project, owner_of(project))
        await follow(socket, found)
        assert (await socket.receive())["code"] == "not_found"
        await socket.leave()

    async def test_not_more_at_once_than_a_page_needs(self) -> None:
        project = await db(make_project)

        def several() -> list[Reconstruction]:
            first = running(project)
            rows = [first]
            for number in range(MAX_FOLLOWED):
                row = Reconstruction.objects.get(pk=first.pk)
                row.pk, row.input_digest, row.job = None, str(number), None
                row.save()
                rows.append(row)
            return rows

        rows = await db(several)
        socket = await connected(project, owner_of(project))
        for row in rows:
            await follow(socket, row)
        assert (await socket.receive())["code"] == "too_many"
        await follow(socket, rows[0])  # one that is followed already may begin anew
        await db(progress, rows[0], 10)
        assert (await window(socket))[0]["stop"] == 10
        await socket.leave()

    @pytest.mark.parametrize(
        "message",
        [
            {"type": "follow"},
            {"type": "follow", "reconstruction_id": -1},
            {"type": "follow", "reconstruction_id": 1, "since": 2**40},
            {"type": "received", "reconstruction_id": 1, "seq": 0},
            {"type": "dance", "reconstruction_id": 1},
        ],
    )
    async def test_nonsense_is_answered(self, message: dict[str, Any]) -> None:
        project = await db(make_project)
        socket = await connected(project, owner_of(project))
        await socket.send(message)
        assert (await socket.receive())["code"] == "bad_message"
        await socket.leave()
