"""A task that counts with a checkpoint; a worker of the tests loads it by `SBEA_TASK_MODULES`."""

from __future__ import annotations

import json
import time
from pathlib import Path

from django.conf import settings

from sbea_engine.progress import Progress
from tests.workers.slow_kind import KIND
from workers.app import app
from workers.run import JobRun, job_run


@app.task(name=KIND)
def count_slowly(job_id: str) -> None:
    """Count to `steps`, `step_s` seconds each; every step is traced outside the job's own folder."""
    with job_run(job_id) as run:
        count_on(run)


def count_on(run: JobRun) -> None:
    """Go on where the checkpoint says."""
    steps, step_s = int(run.params["steps"]), float(run.params["step_s"])
    start = int(json.loads(run.checkpoint.read_text())["done"]) if run.checkpoint.exists() else 0
    for step in range(start, steps):
        time.sleep(step_s)
        with trace_file(str(run.job.pk)).open("a") as trace:
            trace.write(f"{run.job.attempt} {step}\n")
        draft = run.checkpoint.with_suffix(".tmp")
        draft.write_text(json.dumps({"done": step + 1}))
        draft.rename(run.checkpoint)
        run.report(Progress(stage="count", done=step + 1, total=steps, metrics={"step": step}))
    run.result["counted"] = steps


def trace_file(job_id: str) -> Path:
    """Where the steps of a job are traced: lines of attempt and step."""
    return Path(settings.SBEA_DATA_ROOT) / f"trace-{job_id}.txt"
