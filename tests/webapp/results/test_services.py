"""One set of predictions for a model over a video; export files that can be removed."""

from __future__ import annotations

import pytest

from tests.webapp.factories import add_member, client_of, make_job, make_project, owner_of, send
from tests.webapp.recordings.factories import pretend_video
from webapp.accounts.models import Role
from webapp.jobs.models import Job, JobState
from webapp.jobs.services import job_cancel, job_claim, job_finish
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.results.models import ExportFile, PoseResult
from webapp.results.services import export_store, prediction_start, result_delete
from webapp.training.models import LabelSnapshot, PoseModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def model(project: Project) -> PoseModel:
    """A row that says ready; nothing here runs it."""
    snapshot = LabelSnapshot.objects.create(
        project=project, folder="none", checksum="0" * 64, frame_count=9, point_count=9
    )
    return PoseModel.objects.create(
        project=project,
        name="m",
        snapshot=snapshot,
        skeleton=project.skeleton,
        preset="tiny",
        holdout="none",
        state=PoseModel.State.READY,
    )


class TestRetry:
    @staticmethod
    def cancelled(model: PoseModel) -> PoseResult:
        owner = owner_of(model.project)
        video = model.project.recordings.get().videos.get()
        result = prediction_start(model=model, video=video, by=owner)
        assert result.job is not None
        job_cancel(job=result.job, by=owner)
        return PoseResult.objects.get(pk=result.pk)

    @staticmethod
    def retry(result: PoseResult) -> tuple[int, str]:
        """Status of the answer, and the code of the problem or the state of the job."""
        owner = client_of(owner_of(result.project))
        answer = send(owner, "POST", f"/api/v1/jobs/{result.job_id}/retry")
        return answer.status_code, answer.json().get("code") or answer.json()["state"]

    def test_the_result_runs_again(self, model: PoseModel) -> None:
        pretend_video(model.project)
        result = self.cancelled(model)
        assert result.state == "failed"
        assert self.retry(result) == (202, "queued")
        result.refresh_from_db()
        assert result.state == "running"

    @pytest.mark.parametrize("finished", [True, False])
    def test_not_after_a_newer_run_took_its_place(self, model: PoseModel, finished: bool) -> None:
        video = pretend_video(model.project)
        old = self.cancelled(model)
        new = prediction_start(model=model, video=video, by=owner_of(model.project))
        if finished:
            PoseResult.objects.filter(pk=new.pk).update(state="ready")
            assert new.job_id is not None
            job_claim(job_id=new.job_id, worker="a")
            job_finish(job_id=new.job_id, worker="a", state=JobState.DONE)
        assert self.retry(old) == (409, "result_superseded")
        assert old.job_id is not None
        assert Job.objects.get(pk=old.job_id).state == "cancelled"
        old.refresh_from_db()
        assert old.state == "failed"

    def test_again_once_the_newer_one_is_deleted(self, model: PoseModel) -> None:
        video = pretend_video(model.project)
        old = self.cancelled(model)
        new = prediction_start(model=model, video=video, by=owner_of(model.project))
        assert new.job is not None
        job_cancel(job=new.job, by=owner_of(model.project))
        result_delete(result=PoseResult.objects.get(pk=new.pk), by=owner_of(model.project))
        assert self.retry(old) == (202, "queued")


@pytest.mark.django_db(transaction=True)
class TestExportDelete:
    @staticmethod
    def exported(project: Project) -> ExportFile:
        job = make_job(project, kind=JobKind.PROJECT_EXPORT)
        made = storage.job_folder(job.pk) / "labels.zip"
        made.parent.mkdir(parents=True)
        made.write_bytes(b"PK")
        return export_store(job=job, file=made, kind="deeplabcut_labels")

    def test_the_file_goes_with_its_row(self, project: Project) -> None:
        export, other = self.exported(project), self.exported(project)
        client = client_of(owner_of(project))
        assert send(client, "DELETE", f"/api/v1/exports/{export.pk}").status_code == 204
        assert not storage.export_folder(export.job_id).exists()  # type: ignore[arg-type]
        assert storage.stored_path(other.path).read_bytes() == b"PK"
        assert [row["id"] for row in client.get(f"/api/v1/projects/{project.pk}/exports").json()] == [
            other.pk
        ]
        assert client.get(f"/media/exports/{export.pk}/download").status_code == 404

    def test_not_by_who_only_looks(self, project: Project) -> None:
        export = self.exported(project)
        viewer = client_of(add_member(project, Role.VIEWER))
        assert send(viewer, "DELETE", f"/api/v1/exports/{export.pk}").status_code == 403
        assert storage.stored_path(export.path).exists()
