"""A real training is paused and resumed: it comes to the numbers of one that was not."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch

from sbea_engine.nn.card import WEIGHTS_FILE, file_sha256
from sbea_engine.progress import OnProgress, Progress
from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.workers.project_rows import finish, make_labelled_video
from webapp.jobs.models import Job
from webapp.jobs.pausing import job_pause
from webapp.recordings import storage
from webapp.training.errors import ModelInUse
from webapp.training.models import PoseModel
from webapp.training.services import TrainingRequest, pose_model_delete, pose_model_train
from workers import training as training_module
from workers.run import PULSE_S
from workers.training import train_pose

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
STEPS = 24


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Steps at which somebody presses Pause and the run has had time to see it; filled by a test."""
    at: list[int] = []
    real: Any = vars(training_module)["train_and_evaluate"]

    def watched(*args: Any, on_progress: OnProgress, **more: Any) -> Any:
        def report(progress: Progress) -> None:
            if progress.stage == "train" and at and progress.done >= at[0]:
                at.pop(0)
                job = Job.objects.get(state="running")
                job_pause(job=job, by=owner_of(job.project))
                time.sleep(3 * PULSE_S)
            on_progress(progress)

        return real(*args, on_progress=report, **more)

    monkeypatch.setattr(training_module, "train_and_evaluate", watched)
    return at


def trained(model: PoseModel) -> dict[str, Any]:
    """Weights and figures; the job has ended."""
    model.refresh_from_db()
    assert model.state == "ready", model.job and model.job.error
    checksum = file_sha256(storage.stored_path(model.folder) / WEIGHTS_FILE)
    return {"weights": checksum, "curve": model.card["training"]["curve"], "metrics": model.metrics}


def start(project: Any, name: str) -> PoseModel:
    request = TrainingRequest(preset="tiny", seed=1, name=name)
    model = pose_model_train(project=project, request=request, by=owner_of(project))
    model.config["iterations"] = STEPS
    model.save()
    return model


def test_the_same_numbers_as_an_unbroken_run(pauses: list[int]) -> None:
    project = make_labelled_video(make_project()).recording.project
    whole = start(project, "whole")
    finish(train_pose, whole.job)

    model = start(project, "paused twice")
    assert model.job is not None
    url = f"/api/v1/jobs/{model.job.pk}"
    client = client_of(owner_of(project))
    for at in (5, 17):  # in the first stage, and in the second
        pauses.append(at)
        job = finish(train_pose, model.job)
        assert job.state == "paused"
        shown = client.get(f"/api/v1/models/{model.pk}").json()
        assert (shown["state"], shown["failure"]) == ("paused", "")
        with pytest.raises(ModelInUse, match="has not ended yet"):
            pose_model_delete(model=PoseModel.objects.get(pk=model.pk), by=owner_of(project))
        assert send(client, "POST", f"{url}/resume").status_code == 202
    done = finish(train_pose, model.job)
    assert (done.state, done.attempt) == ("done", 1)
    told = [event["data"] for event in client.get(f"{url}/events").json() if event["kind"] == "progress"]
    steps = [data["done"] for data in told if data["stage"] == "train"]
    assert steps == sorted(steps), "it never went back"
    first, second = trained(whole), trained(model)
    assert first["weights"] == second["weights"]
    assert [p["loss"] for p in first["curve"]] == [p["loss"] for p in second["curve"]]
    assert first["metrics"] == second["metrics"]
