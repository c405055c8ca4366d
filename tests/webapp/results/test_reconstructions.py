"""3D poses of a recording: what they are made from, when they may be made, kept and removed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sbea_engine.data import Poses3D
from sbea_engine.io.poses3d_store import Poses3DStore, write_poses3d
from tests.webapp.factories import add_member, client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from tests.webapp.results.factories import folders_of_its_own, predicted, ready_model, written
from webapp.accounts.models import Role
from webapp.api.errors import AppError
from webapp.jobs.models import JobState
from webapp.jobs.services import job_cancel, job_claim, job_finish
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.calibrations import calibration_delete
from webapp.recordings.errors import CalibrationInUse, RecordingInUse
from webapp.recordings.models import Recording
from webapp.recordings.sync import recording_sync_set
from webapp.recordings.view_changes import view_remove
from webapp.results.errors import CannotReconstruct, ResultInUse
from webapp.results.models import PoseResult, Reconstruction
from webapp.results.reconstructions.services import reconstruction_delete, reconstruction_start
from webapp.results.reconstructions.windows import median_residuals_px
from webapp.results.services import predictions_start, result_delete
from webapp.training.errors import ModelInUse
from webapp.training.models import PoseModel
from webapp.training.services import pose_model_delete

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_files_of_other_tests() -> Iterator[None]:
    with folders_of_its_own():
        yield


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def model(project: Project) -> PoseModel:
    return ready_model(project)


@pytest.fixture
def recording(project: Project) -> Recording:
    made = pretend_recording(project, {"top": 40, "side": 40, "back": 38})
    made.calibration = make_calibration(project, "top", "side", "back")
    made.save()
    return made


def finished(found: Reconstruction) -> Reconstruction:
    """As after its job."""
    assert found.job is not None
    assert job_claim(job_id=found.job.pk, worker="w") is not None
    job_finish(job_id=found.job.pk, worker="w", state=JobState.DONE, result={})
    Reconstruction.objects.filter(pk=found.pk).update(state="ready")
    return Reconstruction.objects.get(pk=found.pk)


class TestStart:
    def test_names_its_inputs_in_the_order_of_the_cameras(
        self, model: PoseModel, recording: Recording
    ) -> None:
        results = predicted(model, recording, "back", "top")
        found = reconstruction_start(recording=recording, model=model, by=owner_of(model.project))
        assert found.views == ["top", "back"]
        assert [entry["result_id"] for entry in found.inputs] == [results["top"].pk, results["back"].pk]
        assert found.calibration == recording.calibration
        assert found.sync == {"ticks": 40, "views": {"top": [[0, 0, 40]], "back": [[0, 0, 38]]}}
        assert found.tick_count == 40
        assert found.job is not None
        assert found.job.params["calibration_id"] == found.calibration_id

    def test_the_same_inputs_are_not_run_twice(self, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        owner = owner_of(model.project)
        first = reconstruction_start(recording=recording, model=model, by=owner)
        assert reconstruction_start(recording=recording, model=model, by=owner) == first
        recording_sync_set(recording=recording, offsets={"side": 3}, by=owner)
        recording.refresh_from_db()
        assert reconstruction_start(recording=recording, model=model, by=owner) != first

    def test_a_view_that_is_no_part_of_it_changes_nothing(
        self, model: PoseModel, recording: Recording
    ) -> None:
        predicted(model, recording, "top", "side")
        owner = owner_of(model.project)
        first = reconstruction_start(recording=recording, model=model, by=owner)
        recording_sync_set(recording=recording, offsets={"back": 30}, by=owner)
        recording.refresh_from_db()
        assert reconstruction_start(recording=recording, model=model, by=owner) == first

    def test_the_newest_predictions_of_a_view_count(self, model: PoseModel, recording: Recording) -> None:
        old = predicted(model, recording, "top", "side")
        PoseResult.objects.filter(pk=old["top"].pk).update(state="failed")
        new = predicted(model, recording, "top")
        found = reconstruction_start(recording=recording, model=model, by=owner_of(model.project))
        assert found.inputs[0]["result_id"] == new["top"].pk

    @pytest.mark.parametrize(
        ("views", "words"),
        [((), "there are: none"), (("top",), "there are: top"), (("side",), "two or more")],
    )
    def test_one_view_is_not_enough(
        self, views: tuple[str, ...], words: str, model: PoseModel, recording: Recording
    ) -> None:
        predicted(model, recording, *views)
        with pytest.raises(CannotReconstruct, match=words):
            reconstruction_start(recording=recording, model=model, by=owner_of(model.project))

    def test_views_without_a_camera_do_not_count(self, model: PoseModel, recording: Recording) -> None:
        recording.calibration = make_calibration(model.project, "top", "front")
        recording.save()
        predicted(model, recording, "top", "side", "back")
        with pytest.raises(CannotReconstruct, match=r"knows \(top, front\); there are: top"):
            reconstruction_start(recording=recording, model=model, by=owner_of(model.project))

    def test_a_view_of_another_size_than_its_camera_does_not_count(
        self, model: PoseModel, recording: Recording
    ) -> None:
        recording.videos.filter(view="side").update(width=640)
        predicted(model, recording, "top", "side", "back")
        found = reconstruction_start(recording=recording, model=model, by=owner_of(model.project))
        assert found.views == ["top", "back"]

    def test_without_a_calibration(self, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        recording.calibration = None
        with pytest.raises(CannotReconstruct, match="has no calibration"):
            reconstruction_start(recording=recording, model=model, by=owner_of(model.project))

    def test_a_model_of_another_project(self, model: PoseModel, recording: Recording) -> None:
        other = pretend_recording(make_project(owner_of(model.project)), {"a": 3, "b": 3})
        with pytest.raises(CannotReconstruct, match="different projects"):
            reconstruction_start(recording=other, model=model, by=owner_of(model.project))

    def test_individuals_that_differ(self, model: PoseModel, recording: Recording) -> None:
        results = predicted(model, recording, "top", "side")
        PoseResult.objects.filter(pk=results["top"].pk).update(individuals=["a", "b"])
        with pytest.raises(CannotReconstruct, match="different individuals"):
            reconstruction_start(recording=recording, model=model, by=owner_of(model.project))


class TestAllViews:
    def test_every_view_that_is_ready(self, model: PoseModel, project: Project) -> None:
        recording = pretend_recording(project, {"top": 40, "side": 40, "late": 0})
        results = predictions_start(model=model, recording=recording, by=owner_of(project))
        assert sorted(result.video.view for result in results) == ["side", "top"]
        again = predictions_start(model=model, recording=recording, by=owner_of(project))
        assert {result.pk for result in again} == {result.pk for result in results}

    def test_none_is_ready(self, model: PoseModel, project: Project) -> None:
        recording = pretend_recording(project, {"late": 0})
        with pytest.raises(AppError, match="No view"):
            predictions_start(model=model, recording=recording, by=owner_of(project))


class TestWindows:
    @pytest.fixture
    def found(self, model: PoseModel, recording: Recording) -> Reconstruction:
        predicted(model, recording, "top", "side")
        return reconstruction_start(recording=recording, model=model, by=owner_of(model.project))

    def test_poses_and_their_errors(self, found: Reconstruction) -> None:
        written(found)
        client = client_of(owner_of(found.project))
        answer = client.get(f"/api/v1/reconstructions/{found.pk}/window?start=10&stop=13")
        values = np.frombuffer(answer.content, "<f4").reshape(3, 1, 4, 4)
        np.testing.assert_array_equal(values[:, 0, 2], [[10, 2, 7, 2], [11, 2, 7, 2], [12, 2, 7, 2]])
        assert np.isnan(values[:, 0, 3]).all()
        answer = client.get(f"/api/v1/reconstructions/{found.pk}/residuals?start=10&stop=999")
        residuals = np.frombuffer(answer.content, "<f4").reshape(30, 2)
        np.testing.assert_array_equal(residuals, np.tile([0.5, 1.0], (30, 1)))

    def test_poses_that_took_the_place_of_others_are_read(self, found: Reconstruction) -> None:
        """The first are kept open; made anew they lie in the same folder."""
        client = client_of(owner_of(found.project))

        def first_x_mm() -> float:
            answer = client.get(f"/api/v1/reconstructions/{found.pk}/window?start=0&stop=1")
            return float(np.frombuffer(answer.content, "<f4").reshape(1, 1, 4, 4)[0, 0, 0, 0])

        poses = written(found)
        assert first_x_mm() == 0
        write_poses3d(replace(poses, points_mm=poses.points_mm + 500), storage.stored_path(found.folder))
        assert first_x_mm() == 500

    def test_a_window_asks_the_database_for_no_more_than_it_needs(
        self, found: Reconstruction, django_assert_max_num_queries: Any
    ) -> None:
        written(found)
        client = client_of(owner_of(found.project))
        for what in ("window", "residuals"):
            # The session, the person and the reconstruction.
            with django_assert_max_num_queries(3):
                assert (
                    client.get(f"/api/v1/reconstructions/{found.pk}/{what}?start=0&stop=5").status_code == 200
                )

    @pytest.mark.parametrize("what", ["window?start=0&stop=5", "residuals?start=0&stop=5", "quality"])
    def test_files_that_are_gone_are_told(self, what: str, found: Reconstruction) -> None:
        written(found)
        Reconstruction.objects.filter(pk=found.pk).update(state="ready")
        storage.remove_tree(storage.stored_path(found.folder))
        answer = client_of(owner_of(found.project)).get(f"/api/v1/reconstructions/{found.pk}/{what}")
        assert answer.json()["code"] == "bad_poses_3d_store"

    def test_quality_along_the_recording(self, found: Reconstruction) -> None:
        written(found)
        client = client_of(owner_of(found.project))
        quality = client.get(f"/api/v1/reconstructions/{found.pk}/quality?bins=3").json()
        assert [(row["start"], row["stop"]) for row in quality["bins"]] == [(0, 14), (14, 28), (28, 40)]
        assert quality["bins"][0]["known"] == 0.75
        assert quality["bins"][0]["sigma_mm"] == 2
        assert quality["bins"][2]["residual_px"] == [0.5, 1.0]

    def test_quality_is_read_once_of_what_is_done(
        self, found: Reconstruction, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poses = written(found)
        client, read = client_of(owner_of(found.project)), Poses3DStore.window
        reads: list[tuple[int, int]] = []

        def counted(store: Poses3DStore, start: int, stop: int) -> Poses3D:
            reads.append((start, stop))
            return read(store, start, stop)

        monkeypatch.setattr(Poses3DStore, "window", counted)

        def first_bin() -> tuple[float, float]:
            row = client.get(f"/api/v1/reconstructions/{found.pk}/quality?bins=3").json()["bins"][0]
            return row["known"], row["sigma_mm"]

        assert [first_bin(), first_bin()] == [(0.75, 2)] * 2
        assert len(reads) == 1
        # Made anew it is another store, of the same place and length.
        write_poses3d(replace(poses, sigma_mm=poses.sigma_mm + 3), storage.stored_path(found.folder))
        assert [first_bin(), first_bin()] == [(0.75, 5)] * 2
        assert len(reads) == 2

    def test_medians_against_numpy(self) -> None:
        chance = np.random.default_rng(3)
        residual = chance.random((3, 9, 2, 5)).astype(np.float32)
        residual[chance.random(residual.shape) < 0.4] = np.nan
        residual[1, 4] = np.nan
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            expected = np.nanmedian(residual, axis=(2, 3)).T
        np.testing.assert_allclose(median_residuals_px(residual), expected)


class TestRemove:
    def test_not_while_its_job_runs(self, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        found = reconstruction_start(recording=recording, model=model, by=owner_of(model.project))
        with pytest.raises(ResultInUse, match="still running"):
            reconstruction_delete(reconstruction=found, by=owner_of(model.project))

    def test_what_it_was_made_from_stays_as_long_as_it_does(
        self, model: PoseModel, recording: Recording
    ) -> None:
        results, owner = predicted(model, recording, "top", "side"), owner_of(model.project)
        found = finished(reconstruction_start(recording=recording, model=model, by=owner))
        with pytest.raises(ResultInUse, match="3D poses were made"):
            result_delete(result=results["top"], by=owner)
        with pytest.raises(CalibrationInUse):
            calibration_delete(calibration=found.calibration, by=owner)
        reconstruction_delete(reconstruction=found, by=owner)
        result_delete(result=results["top"], by=owner)
        calibration_delete(calibration=found.calibration, by=owner)

    def test_a_view_that_it_was_made_from_stays(self, model: PoseModel, recording: Recording) -> None:
        results, owner = predicted(model, recording, "top", "side"), owner_of(model.project)
        found = finished(reconstruction_start(recording=recording, model=model, by=owner))
        with pytest.raises(RecordingInUse, match="3D poses were made"):
            view_remove(video=results["top"].video, by=owner)
        view_remove(video=recording.videos.get(view="back"), by=owner)
        reconstruction_delete(reconstruction=found, by=owner)
        view_remove(video=results["top"].video, by=owner)

    def test_its_model_stays_while_its_job_runs(self, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        owner = owner_of(model.project)
        found = reconstruction_start(recording=recording, model=model, by=owner)
        with pytest.raises(ModelInUse, match="has not ended yet"):
            pose_model_delete(model=model, by=owner)
        finished(found)
        pose_model_delete(model=model, by=owner)
        assert not Reconstruction.objects.exists()

    def test_a_project_goes_with_all_of_it(self, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        reconstruction_start(recording=recording, model=model, by=owner_of(model.project))
        model.project.delete()
        assert not Reconstruction.objects.exists()


class TestItsJob:
    def test_a_cancelled_one_has_failed_and_can_be_tried_again(
        self, model: PoseModel, recording: Recording
    ) -> None:
        owner = owner_of(model.project)
        predicted(model, recording, "top", "side")
        found = reconstruction_start(recording=recording, model=model, by=owner)
        assert found.job is not None
        job_cancel(job=found.job, by=owner)
        found.refresh_from_db()
        assert found.state == "failed"
        answer = send(client_of(owner), "POST", f"/api/v1/jobs/{found.job_id}/retry")
        assert answer.status_code == 202
        found.refresh_from_db()
        assert found.state == "running"

    def test_not_after_another_took_its_place(self, model: PoseModel, recording: Recording) -> None:
        owner = owner_of(model.project)
        predicted(model, recording, "top", "side")
        found = reconstruction_start(recording=recording, model=model, by=owner)
        assert found.job is not None
        job_cancel(job=found.job, by=owner)
        reconstruction_start(recording=recording, model=model, by=owner)
        answer = send(client_of(owner), "POST", f"/api/v1/jobs/{found.job_id}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "result_superseded")


class TestApi:
    def test_started_listed_and_told(self, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        client = client_of(owner_of(model.project))
        answer = send(
            client, "POST", f"/api/v1/recordings/{recording.pk}/reconstructions", {"model_id": model.pk}
        )
        assert answer.status_code == 202, answer.content
        body: dict[str, Any] = answer.json()
        assert body["job"]["kind"] == "pose.reconstruct"
        found = body["reconstruction"]
        assert (found["views"], found["state"], found["tick_count"]) == (["top", "side"], "running", 40)
        viewer = client_of(add_member(model.project, Role.VIEWER))
        listed = viewer.get(f"/api/v1/projects/{model.project_id}/reconstructions").json()
        assert [row["id"] for row in listed] == [found["id"]]
        body = viewer.get(f"/api/v1/reconstructions/{found['id']}").json()
        assert body["skeleton"]["keypoints"][0] == "nose"

    def test_what_became_of_its_views_is_told(self, model: PoseModel, recording: Recording) -> None:
        results, owner = predicted(model, recording, "top", "side"), owner_of(model.project)
        found = reconstruction_start(recording=recording, model=model, by=owner)
        client = client_of(owner)
        row = client.get(f"/api/v1/reconstructions/{found.pk}").json()
        inputs = [
            {"view": "top", "video_id": results["top"].video_id},
            {"view": "side", "video_id": results["side"].video_id},
        ]
        assert (row["inputs"], row["sync_changed"]) == (inputs, False)
        assert (row["warnings"], row["bounds_mm"], row["truth_error"]) == ([], None, None)
        recording.videos.filter(view="side").update(view="left")
        row = client.get(f"/api/v1/reconstructions/{found.pk}").json()
        assert (row["inputs"], row["sync_changed"]) == (inputs, False), "another name, the same frames"
        recording_sync_set(recording=recording, offsets={"back": 5}, by=owner)
        assert not client.get(f"/api/v1/reconstructions/{found.pk}").json()["sync_changed"]
        recording_sync_set(recording=recording, offsets={"left": 5}, by=owner)
        assert client.get(f"/api/v1/reconstructions/{found.pk}").json()["sync_changed"]

    def test_before_anything_is_there_all_is_unknown(self, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        found = reconstruction_start(recording=recording, model=model, by=owner_of(model.project))
        client = client_of(owner_of(model.project))
        answer = client.get(f"/api/v1/reconstructions/{found.pk}/window?start=0&stop=5")
        assert answer["X-Shape"] == "5,1,4,4"
        assert answer.content == b"\x00\x00\xc0\x7f" * 80
        etag = answer["ETag"]
        again = client.get(answer.wsgi_request.get_full_path(), headers={"If-None-Match": etag})
        assert again.status_code == 304
        residuals = client.get(f"/api/v1/reconstructions/{found.pk}/residuals?start=0&stop=5")
        assert residuals["X-Shape"] == "5,2"
        quality = client.get(f"/api/v1/reconstructions/{found.pk}/quality").json()
        assert (quality["bins"], quality["tick_count"]) == ([], 40)

    @pytest.mark.parametrize(
        "query", ["start=5&stop=5", "start=50&stop=60", "start=-1&stop=3", "start=a&stop=b"]
    )
    def test_a_range_that_cannot_be(self, query: str, model: PoseModel, recording: Recording) -> None:
        predicted(model, recording, "top", "side")
        found = reconstruction_start(recording=recording, model=model, by=owner_of(model.project))
        answer = client_of(owner_of(model.project)).get(f"/api/v1/reconstructions/{found.pk}/window?{query}")
        assert answer.status_code == 422
