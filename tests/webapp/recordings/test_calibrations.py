"""Calibrations: what is read, how one fits a recording, who may go."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sbea_engine.data.camera import CameraGroup
from tests.webapp.factories import client_of, make_job, make_project, owner_of, send
from tests.webapp.recordings.factories import (
    HEIGHT,
    WIDTH,
    make_calibration,
    make_rig,
    pretend_recording,
)
from webapp.projects.models import Project
from webapp.recordings.matching import match_cameras, same_cameras
from webapp.recordings.models import Calibration, Recording, RecordingSession, Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def call(project: Project, method: str, path: str, body: Any = None) -> Any:
    return send(client_of(owner_of(project)), method, f"/api/v1{path}", body)


def bring(project: Project, document: Any, filename: str = "rig.json", **more: str) -> Any:
    text = document if isinstance(document, str) else json.dumps(document)
    body = {"filename": filename, "text": text, **more}
    return call(project, "POST", f"/projects/{project.pk}/calibrations", body)


class TestBring:
    def test_a_file_of_the_studio_comes_back_as_it_was(self, project: Project) -> None:
        document = make_rig("top", "side").to_dict()
        made = bring(project, document)
        assert made.status_code == 201
        found = call(project, "GET", f"/calibrations/{made.json()['id']}").json()
        assert found["document"] == document
        assert (found["name"], found["source_kind"], found["source_name"]) == ("rig", "sbea", "rig.json")
        assert found["cameras"][1] == {"name": "side", "width": WIDTH, "height": HEIGHT}
        assert found["created_by"] == "owner"
        assert found["reprojection_error_px"] is None

    def test_the_description_of_a_rendered_recording(self, project: Project) -> None:
        cameras = make_rig("top", "side").to_dict()["cameras"]
        made = bring(project, {"format": "sbea-recording/1", "cameras": cameras}, "recording.json").json()
        assert (made["source_kind"], made["document"]["cameras"]) == ("rendered", cameras)

    @pytest.mark.parametrize(
        ("filename", "document", "code", "words"),
        [
            ("rig.yaml", {}, "bad_calibration", "no calibration that can be read"),
            ("rig.json", "{", "bad_calibration", "is not JSON"),
            ("rig.json", "[" * 100_000, "bad_calibration", "is not JSON"),
            ("rig.json", [1], "bad_calibration", "has the format 'None'"),
            ("rig.json", {"format": "sbea-calibration/2"}, "bad_calibration", "sbea-calibration/2"),
            ("rig.json", {"format": "sbea-calibration/1", "cameras": [1]}, "bad_camera", "list of cameras"),
            ("rig.json", {"format": "sbea-calibration/1", "cameras": []}, "bad_camera", "1 to 64 cameras"),
            ("rig.json", {"format": "sbea-recording/1", "cameras": {}}, "bad_camera", "list of cameras"),
        ],
    )
    def test_refusals_leave_nothing(
        self, project: Project, filename: str, document: Any, code: str, words: str
    ) -> None:
        answer = bring(project, document, filename)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert words in answer.json()["detail"]
        assert not Calibration.objects.exists()

    def test_a_number_that_is_not_finite(self, project: Project) -> None:
        document = make_rig("top").to_dict()
        document["cameras"][0]["t"] = [float("nan"), 0, 0]
        answer = bring(project, document)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_camera")

    def test_names(self, project: Project) -> None:
        document = make_rig("top").to_dict()
        assert bring(project, document).json()["name"] == "rig"
        assert bring(project, document).json()["name"] == "rig (2)"
        assert bring(project, document, name="RIG").json()["code"] == "name_taken"
        assert bring(project, document, name="a\0").json()["code"] == "bad_calibration"

    def test_a_recording_session(self, project: Project) -> None:
        RecordingSession.objects.create(project=project, name="Monday")
        document = make_rig("top").to_dict()
        assert bring(project, document, session="Monday").json()["session"] == "Monday"
        assert (
            "no recording session named 'Friday'"
            in bring(project, document, session="Friday").json()["detail"]
        )

    def test_the_same_cameras_twice_are_told(self, project: Project) -> None:
        make_calibration(project, "top", "side", name="first")
        other = make_rig("top", "side").select(("side", "top"))
        assert bring(project, other.to_dict()).json()["same_as"] == ["first"], "in whatever order"
        make_calibration(make_project(), "top", "side", name="of another project")
        listed = call(project, "GET", f"/projects/{project.pk}/calibrations").json()
        assert [(row["name"], row["same_as"]) for row in listed] == [("first", ["rig"]), ("rig", ["first"])]


class TestFit:
    @pytest.fixture
    def recording(self, project: Project) -> Recording:
        return pretend_recording(project, {"top": 10, "side": 10})

    @staticmethod
    def assign(recording: Recording, calibration: Calibration | None) -> Any:
        body = {"calibration_id": calibration.pk if calibration else None}
        return call(recording.project, "PUT", f"/recordings/{recording.pk}/calibration", body)

    def test_all_fit(self, project: Project, recording: Recording) -> None:
        used = self.assign(recording, make_calibration(project, "side", "top")).json()["calibration"]
        assert [(row["view"], row["fit"]) for row in used["views"]] == [("top", "usable"), ("side", "usable")]
        assert (used["without_view"], used["same_cameras"]) == ([], [])
        assert [camera["name"] for camera in used["cameras"]] == ["side", "top"]
        assert used["cameras"][0]["K"][0] == [200.0, 0.0, 95.5]

    def test_one_camera_too_many_and_one_too_few_are_named(
        self, project: Project, recording: Recording
    ) -> None:
        used = self.assign(recording, make_calibration(project, "top", "below")).json()["calibration"]
        assert used["without_view"] == ["below"]
        top, side = used["views"]
        assert (top["fit"], side["fit"]) == ("usable", "no_camera")
        assert side["problem"] == "The calibration has no camera 'side'; it has top, below."

    def test_a_picture_of_another_size_is_not_usable(self, project: Project, recording: Recording) -> None:
        recording.videos.filter(view="side").update(width=640)
        used = self.assign(recording, make_calibration(project, "top", "side")).json()["calibration"]
        assert [row["fit"] for row in used["views"]] == ["usable", "wrong_size"]
        assert f"640 x {HEIGHT} pixels; its camera was calibrated at {WIDTH}" in used["views"][1]["problem"]

    def test_a_view_that_is_not_read_yet(self, project: Project) -> None:
        recording = pretend_recording(project, {"top": 10, "side": 0})
        used = self.assign(recording, make_calibration(project, "top", "side")).json()["calibration"]
        assert [row["fit"] for row in used["views"]] == ["usable", "unchecked"]

    def test_a_renamed_view_finds_its_camera(self, project: Project, recording: Recording) -> None:
        self.assign(recording, make_calibration(project, "top", "ring-1"))
        side = recording.videos.get(view="side")
        call(project, "PATCH", f"/videos/{side.pk}", {"view": "ring-1"})
        listed = call(project, "GET", f"/projects/{project.pk}/recordings").json()
        assert {row["fit"] for row in listed[0]["calibration"]["views"]} == {"usable"}

    def test_none_again(self, project: Project, recording: Recording) -> None:
        self.assign(recording, make_calibration(project, "top"))
        assert self.assign(recording, None).json()["calibration"] is None

    def test_not_one_of_another_project(self, project: Project, recording: Recording) -> None:
        foreign = make_calibration(make_project(owner_of(project), name="Other"), "top")
        answer = self.assign(recording, foreign)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_calibration")
        assert Recording.objects.get(pk=recording.pk).calibration is None

    def test_usable_views_are_what_a_reconstruction_takes(self, recording: Recording) -> None:
        match = match_cameras(make_rig("below", "side"), list(recording.videos.all()))
        assert match.usable == ("side",)


class TestSameCameras:
    def test_two_in_one_place_are_told(self) -> None:
        top, side, low = make_rig("top", "side", "low")
        twin = replace(low, R=top.R, t=top.t + 0.001)
        assert same_cameras(CameraGroup(cameras=(top, side, twin))) == [("top", "low")]

    def test_one_place_and_another_direction_is_no_twin(self) -> None:
        top, side = make_rig("top", "side")
        turned = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
        other = replace(side, R=turned, t=-turned @ top.position_mm)
        assert np.allclose(other.position_mm, top.position_mm)
        assert same_cameras(CameraGroup(cameras=(top, other))) == []


class TestDelete:
    def test_recordings_that_use_it_have_none_then(self, project: Project) -> None:
        calibration = make_calibration(project, "top")
        recording = pretend_recording(project, {"top": 10})
        Recording.objects.filter(pk=recording.pk).update(calibration=calibration)
        assert call(project, "DELETE", f"/calibrations/{calibration.pk}").status_code == 204
        assert call(project, "GET", f"/recordings/{recording.pk}").json()["calibration"] is None

    def test_not_while_a_job_uses_it(self, project: Project) -> None:
        calibration = make_calibration(project, "top")
        job = make_job(project, params={"calibration_id": calibration.pk})
        answer = call(project, "DELETE", f"/calibrations/{calibration.pk}")
        assert (answer.status_code, answer.json()["code"]) == (409, "calibration_in_use")
        assert answer.json()["data"] == {"job_id": str(job.pk)}

    def test_it_goes_with_its_project(self, project: Project) -> None:
        make_calibration(project, "top")
        project.delete()
        assert not Calibration.objects.exists()
        assert not Video.objects.exists()
