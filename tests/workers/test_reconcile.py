"""The thread in every worker that looks after jobs nobody else looks after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.webapp.factories import make_job
from tests.workers.studio import wait_for
from webapp.jobs.models import Job
from webapp.recordings import storage
from workers.reconcile import Reconciler


@pytest.mark.django_db(transaction=True)
def test_it_sends_what_waits_and_gives_disk_back() -> None:
    waiting, old = make_job(), make_job()
    Job.objects.filter(pk=waiting.pk).update(sent_at=None)
    Job.objects.filter(pk=old.pk).update(state="failed", finished_at=timezone.now() - timedelta(days=8))
    kept = storage.job_folder(old.pk)
    kept.mkdir(parents=True)
    reconciler = Reconciler()
    reconciler.start()
    try:
        wait_for(lambda: Job.objects.get(pk=waiting.pk).sent_at, "sending again")
        wait_for(lambda: not kept.exists(), "tidying up")
    finally:
        reconciler.stop()
        wait_for(lambda: not reconciler.alive, "stopping")
