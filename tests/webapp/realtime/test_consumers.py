"""The WebSocket of a project, through the whole ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import pytest
from channels.db import database_sync_to_async
from django.conf import settings

from tests.webapp.factories import add_member, client_of, make_job, make_project, make_user, owner_of
from tests.webapp.realtime.communicator import Socket
from webapp.accounts.models import Role, User
from webapp.accounts.services import member_remove
from webapp.jobs.log import Line
from webapp.jobs.models import Job, JobEvent, JobState
from webapp.jobs.services import job_claim, job_finish, job_report
from webapp.projects.models import Project
from webapp.realtime import access, consumers

pytestmark = pytest.mark.django_db(transaction=True)

JOB_ID = "aac83966-dd2e-4565-9c18-aa02c4516616"

T = TypeVar("T")


async def db(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a database call in its own thread, as the application does."""
    result: T = await database_sync_to_async(call)(*args, **kwargs)
    return result


def session_of(user: User) -> bytes:
    return client_of(user).cookies[settings.SESSION_COOKIE_NAME].value.encode()


async def connected(project: Project, user: User) -> Socket:
    socket = Socket(project.pk, await db(session_of, user))
    assert await socket.connect()
    return socket


async def subscribe(socket: Socket, **since: int) -> dict[str, Any]:
    await socket.send({"type": "subscribe", "since": since})
    return await socket.receive()


def log(job: Job, text: str, *, worker: str = "a") -> None:
    line = Line(JobEvent.Kind.LOG, {"message": text})
    assert job_report(job_id=job.pk, worker=worker, progress=None, lines=[line])


def running_job(project: Project) -> Job:
    job = make_job(project)
    claimed = job_claim(job_id=job.pk, worker="a")
    assert claimed is not None
    return claimed


class TestWhoMayListen:
    async def refused_with(self, project_id: int, session: bytes | None) -> int:
        socket = Socket(project_id, session)
        assert await socket.connect(), "accepted first, so that the browser sees the code"
        return await socket.close_code()

    async def test_nobody_without_a_session(self) -> None:
        project = await db(make_project)
        assert await self.refused_with(project.pk, None) == 4401
        assert await self.refused_with(project.pk, b"invented") == 4401

    async def test_no_stranger_and_no_difference_to_what_is_not_there(self) -> None:
        project = await db(make_project)
        session = await db(session_of, await db(make_user))
        assert await self.refused_with(project.pk, session) == 4404
        assert await self.refused_with(project.pk + 1000, session) == 4404

    async def test_nobody_who_was_shut_out(self) -> None:
        project = await db(make_project)
        owner = owner_of(project)
        session = await db(session_of, owner)
        await db(User.objects.filter(pk=owner.pk).update, is_active=False)
        assert await self.refused_with(project.pk, session) == 4401

    async def test_no_page_of_another_site(self) -> None:
        project = await db(make_project)
        socket = Socket(project.pk, await db(session_of, owner_of(project)), origin=b"https://evil.example")
        assert not await socket.connect()

    async def test_every_member_even_a_viewer(self) -> None:
        project = await db(make_project)
        viewer = await db(add_member, project, Role.VIEWER)
        socket = await connected(project, viewer)
        assert (await subscribe(socket))["type"] == "snapshot"
        await socket.leave()


class TestSnapshot:
    async def test_holds_the_jobs_of_this_project_only(self) -> None:
        project, other = await db(make_project), await db(make_project)
        job, foreign = await db(make_job, project), await db(make_job, other)
        socket = await connected(project, owner_of(project))
        snapshot = await subscribe(socket, **{str(foreign.pk): 0})
        assert [row["id"] for row in snapshot["jobs"]] == [str(job.pk)]
        assert snapshot["events"] == []
        assert snapshot["jobs"][0]["can_cancel"] is True
        await socket.leave()

    async def test_holds_the_log_since_the_number_that_is_asked(self) -> None:
        project = await db(make_project)
        job = await db(running_job, project)
        for text in ("one", "two", "three"):
            await db(log, job, text)
        socket = await connected(project, owner_of(project))
        snapshot = await subscribe(socket, **{str(job.pk): 3})
        assert [event["seq"] for event in snapshot["events"]] == [4, 5]
        assert [event["data"]["message"] for event in snapshot["events"]] == ["two", "three"]
        await socket.leave()

    async def test_a_long_log_comes_whole_and_in_order(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("webapp.realtime.reading.EVENTS_PER_MESSAGE", 4)
        project = await db(make_project)
        job = await db(running_job, project)
        for number in range(9):
            await db(log, job, str(number))
        socket = await connected(project, owner_of(project))
        message = await subscribe(socket, **{str(job.pk): 0})
        seqs = [event["seq"] for event in message["events"]]
        while len(seqs) < 11:
            message = await socket.receive()
            assert len(message["events"]) <= 4
            seqs += [event["seq"] for event in message["events"]]
        assert seqs == list(range(1, 12))
        await socket.leave()


class TestRelay:
    async def test_a_change_arrives_with_its_lines_and_without_gap(self) -> None:
        project = await db(make_project)
        job = await db(running_job, project)
        socket = await connected(project, owner_of(project))
        snapshot = await subscribe(socket)
        last = snapshot["jobs"][0]["seq"]
        for number in range(5):
            await db(log, job, str(number))
        await db(job_finish, job_id=job.pk, worker="a", state=JobState.DONE, result={"x": 1})
        seqs, state = [], ""
        while state != "done":
            message = await socket.receive()
            assert message["type"] == "job"
            seqs += [event["seq"] for event in message["events"]]
            state = message["job"]["state"]
        assert seqs == list(range(last + 1, last + 7))
        assert message["job"]["result"] == {"x": 1}
        await socket.leave()

    async def test_a_job_that_is_new_arrives(self) -> None:
        project = await db(make_project)
        socket = await connected(project, owner_of(project))
        await subscribe(socket)
        job = await db(make_job, project)
        message = await socket.receive()
        assert (message["job"]["id"], message["job"]["state"]) == (str(job.pk), "queued")
        await socket.leave()

    async def test_a_client_that_comes_back_gets_what_it_missed(self) -> None:
        project = await db(make_project)
        job = await db(running_job, project)
        first = await connected(project, owner_of(project))
        seen = (await subscribe(first))["jobs"][0]["seq"]
        await first.leave()
        await db(log, job, "while away")
        again = await connected(project, owner_of(project))
        snapshot = await subscribe(again, **{str(job.pk): seen})
        assert [event["data"] for event in snapshot["events"]] == [{"message": "while away"}]
        await again.leave()

    async def test_other_projects_are_silent(self) -> None:
        project, other = await db(make_project), await db(make_project)
        socket = await connected(project, owner_of(project))
        await subscribe(socket)
        await db(make_job, other)
        mine = await db(make_job, project)
        message = await socket.receive()
        assert message["job"]["id"] == str(mine.pk)
        await socket.leave()


class TestRevocation:
    async def test_who_is_removed_is_shut_out_before_the_next_message(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consumers, "RECHECK_S", 0.0)
        project = await db(make_project)
        viewer = await db(add_member, project, Role.VIEWER)
        socket = await connected(project, viewer)
        await subscribe(socket)
        await db(member_remove, project=project, user_id=viewer.pk, by=owner_of(project))
        await db(make_job, project)
        assert await socket.close_code() == 4403

    async def test_who_signs_out_is_shut_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(consumers, "RECHECK_S", 0.0)
        project = await db(make_project)
        client = await db(client_of, owner_of(project))
        socket = Socket(project.pk, client.cookies[settings.SESSION_COOKIE_NAME].value.encode())
        assert await socket.connect()
        await subscribe(socket)
        await db(client.logout)
        await db(make_job, project)
        assert await socket.close_code() == 4401

    async def test_the_check_runs_at_a_bounded_rate(self, monkeypatch: pytest.MonkeyPatch) -> None:
        checks = []
        real = access.refusal

        def counted(**kwargs: Any) -> Any:
            checks.append(1)
            return real(**kwargs)

        monkeypatch.setattr(access, "refusal", counted)
        monkeypatch.setattr(consumers, "RECHECK_S", 3600.0)
        project = await db(make_project)
        socket = await connected(project, owner_of(project))
        for _ in range(5):
            await subscribe(socket)
        assert len(checks) == 1
        await socket.leave()


class TestBadMessages:
    @pytest.mark.parametrize(
        "text",
        [
            "not json",
            "[]",
            "null",
            json.dumps({"type": "drop_tables"}),
            json.dumps({"type": "subscribe", "since": {"not-a-uuid": 1}}),
            json.dumps({"type": "subscribe", "since": {JOB_ID: -1}}),
            json.dumps({"type": "subscribe", "since": {JOB_ID: "x"}}),
            json.dumps({"type": "subscribe", "since": {str(UUID(int=n)): 0 for n in range(501)}}),
            json.dumps({"type": "subscribe", "more": 1}),
        ],
    )
    async def test_are_answered_and_the_connection_lives(self, text: str) -> None:
        project = await db(make_project)
        socket = await connected(project, owner_of(project))
        await socket.send(text)
        answer = await socket.receive()
        assert (answer["type"], answer["code"]) == ("error", "bad_message")
        assert (await subscribe(socket))["type"] == "snapshot"
        await socket.leave()

    async def test_too_large_and_binary_ones_too(self) -> None:
        project = await db(make_project)
        socket = await connected(project, owner_of(project))
        await socket.send("x" * (consumers.MAX_MESSAGE_BYTES + 1))
        assert (await socket.receive())["code"] == "too_large"
        await socket.send(b"\x00")
        assert (await socket.receive())["code"] == "too_large"
        await socket.leave()

    async def test_endless_nonsense_ends_the_connection(self) -> None:
        project = await db(make_project)
        socket = await connected(project, owner_of(project))
        for _ in range(consumers.MAX_ERRORS):
            await socket.send("nonsense")
            await socket.receive()
        assert await socket.close_code() == 4429


async def test_two_listeners_share_one_watch_and_the_last_ends_it() -> None:
    if settings.SBEA_ANNOUNCE_BY_CHANNEL:
        pytest.skip("here the workers announce changes themselves; there is no watch")
    project = await db(make_project)
    first = await connected(project, owner_of(project))
    second = await connected(project, owner_of(project))

    def watches() -> int:
        return sum(task.get_name() == "job-relay" for task in asyncio.all_tasks())

    assert watches() == 1
    await first.leave()
    await asyncio.sleep(0)
    assert watches() == 1
    await second.leave()
    await asyncio.sleep(0)
    assert watches() == 0
