"""What a job kept on disk goes with its row."""

from __future__ import annotations

import pytest

from tests.webapp.factories import make_job, make_project, owner_of
from webapp.jobs.services import job_cancel
from webapp.projects.services import project_delete
from webapp.recordings import storage


@pytest.mark.django_db(transaction=True)
def test_the_folder_of_a_job_goes_with_its_project() -> None:
    mine, other = make_job(make_project()), make_job(make_project())
    for job in (mine, other):
        (storage.job_folder(job.pk) / "proxies").mkdir(parents=True)
    job_cancel(job=mine, by=owner_of(mine.project))
    project_delete(project=mine.project, by=owner_of(mine.project))
    assert not storage.job_folder(mine.pk).exists()
    assert storage.job_folder(other.pk).exists()
