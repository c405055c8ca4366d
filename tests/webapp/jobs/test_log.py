"""What is written stays written, and is sent on, whoever fails to hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from channels.layers import channel_layers, get_channel_layer
from django.conf import settings
from django.test import override_settings

from tests.server_services import ServiceMissing, redis_server
from tests.webapp.factories import client_of, make_job, make_project, owner_of, send
from webapp.jobs.models import Job, JobState
from webapp.jobs.services import job_cancel, job_claim, job_finish, job_retry
from webapp.jobs.signals import job_changed
from webapp.realtime import announce
from workers.run import job_run

pytestmark = pytest.mark.django_db(transaction=True)
# A model that is not there; nothing in these tests trains it.
PARAMS = {"model_id": 0}


def reload(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


class TestADeafListener:
    @pytest.fixture(autouse=True)
    def _deaf(self) -> Iterator[None]:
        def refuse(**_: Any) -> None:
            raise ConnectionError("nobody is there")

        job_changed.connect(refuse)
        yield
        job_changed.disconnect(refuse)

    def test_a_started_job_is_sent(self) -> None:
        assert reload(make_job(params=PARAMS)).sent_at is not None

    def test_a_retried_job_is_sent(self) -> None:
        job = make_job(params=PARAMS)
        owner = owner_of(job.project)
        job_cancel(job=job, by=owner)
        Job.objects.filter(pk=job.pk).update(sent_at=None)
        job_retry(job=job, by=owner)
        row = reload(job)
        assert row.state == "queued"
        assert row.sent_at is not None

    def test_a_claim_is_returned_to_who_claimed(self) -> None:
        job = make_job(params=PARAMS)
        assert job_claim(job_id=job.pk, worker="a") is not None
        assert job_finish(job_id=job.pk, worker="a", state=JobState.DONE) is not None


class Redis:
    """A channel layer on a Redis that can be taken away."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        url = self._stack.enter_context(redis_server())
        layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [url]}}
        self.settings = override_settings(CHANNEL_LAYERS={"default": layer})

    def stop(self) -> None:
        self._stack.close()


@pytest.fixture
def redis() -> Iterator[Redis]:
    try:
        server = Redis()
    except ServiceMissing as missing:
        pytest.skip(str(missing))
    with server.settings:
        assert channel_layers.backends == {}, "the layer is made anew where the settings change"
        announce.connect()
        yield server
        if not settings.SBEA_ANNOUNCE_BY_CHANNEL:
            job_changed.disconnect(dispatch_uid="realtime.announce")
    server.stop()


@pytest.mark.server
class TestRedisAway:
    def test_what_runs_goes_on_to_its_end(self, redis: Redis) -> None:
        assert type(get_channel_layer()).__name__ == "RedisChannelLayer"
        job = make_job(params=PARAMS)
        with job_run(str(job.pk)) as run:
            run.log("Redis is there")
            redis.stop()
            run.log("Redis is gone")
            run.result["answer"] = 42
        row = reload(job)
        assert (row.state, row.result, row.error) == ("done", {"answer": 42}, None)

    def test_people_are_answered_what_was_done(self, redis: Redis) -> None:
        project = make_project()
        client = client_of(owner_of(project))
        job = make_job(project, params=PARAMS)
        redis.stop()
        cancelled = send(client, "POST", f"/api/v1/jobs/{job.pk}/cancel")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        Job.objects.filter(pk=job.pk).update(sent_at=None)
        retried = send(client, "POST", f"/api/v1/jobs/{job.pk}/retry")
        assert (retried.status_code, retried.json()["state"]) == (202, "queued")
        if not settings.CELERY_BROKER_URL.startswith("redis"):
            assert reload(job).sent_at is not None
