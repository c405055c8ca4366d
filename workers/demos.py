"""Rendering the recordings of the demo rigs while the studio runs."""

from __future__ import annotations

from webapp.annotation.errors import ImportRefused
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from workers.app import app
from workers.demo_rig import render_take, store_take, take_of
from workers.rows import row
from workers.run import job_run


@app.task(name=JobKind.DEMO_RENDER, acks_late=True)
def render_demo(job_id: str) -> None:
    """Render, unless that was done before, and give the project its recording."""
    with job_run(job_id) as run:
        project = row(Project.objects.all(), run.job.project_id, "project")
        by = run.job.created_by
        if by is None:
            raise ImportRefused("The person who started this demo has left; run `make demo` again.")
        made = render_take(take_of(run.params), run.report)
        run.result = {"recording_id": store_take(project, made, by=by)}
