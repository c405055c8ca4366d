"""Calibrations: what is read, how one fits a recording, who may go."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connection

from tests.webapp.factories import client_of, make_job, make_project, owner_of, send
from tests.webapp.recordings.factories import (
    HEIGHT,
    WIDTH,
    make_calibration,
    make_rig,
    pretend_recording,
)
from webapp.api.errors import NotFound
from webapp.projects.models import Project
from webapp.recordings.calibrations import calibration_assign, calibration_from_file
from webapp.recordings.errors import BadCalibration, NameTaken
from webapp.recordings.matching import match_cameras
from webapp.recordings.models import Calibration, Recording, RecordingSession, Video

pytestmark = pytest.mark.django_db
CAMERA = f"""size = [{WIDTH}, {HEIGHT}]
matrix = [[200.0, 0.0, 95.5], [0.0, 200.0, 55.5], [0.0, 0.0, 1.0]]
distortions = [-0.1, 0.0, 0.0, 0.0, 0.0]
rotation = [0.0, 0.0, 0.0]
translation = [0.0, 0.0, 500.0]
"""
ANIPOSE = f"""[cam_0]
name = "top"
{CAMERA}
[cam_1]
name = "side"
{CAMERA}
[metadata]
error = 0.25
"""


@pytest.fixture
def project() -> Project:
    return make_project()


def call(project: Project, method: str, path: str, body: Any = None) -> Any:
    return send(client_of(owner_of(project)), method, f"/api/v1{path}", body)


def bring(project: Project, document: Any, filename: str = "rig.json", **more: Any) -> Any:
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
        assert (found["name"], found["source_title"]) == ("rig", "SBeA Studio")
        assert (found["source_kind"], found["source_name"]) == ("sbea", "rig.json")
        assert found["cameras"][1] == {"name": "side", "width": WIDTH, "height": HEIGHT}
        assert found["created_by"] == "owner"
        assert found["reprojection_error_px"] is None

    def test_the_description_of_a_rendered_recording(self, project: Project) -> None:
        cameras = make_rig("top", "side").to_dict()["cameras"]
        made = bring(project, {"format": "sbea-recording/1", "cameras": cameras}, "recording.json").json()
        assert (made["source_kind"], made["document"]["cameras"]) == ("rendered", cameras)

    def test_a_file_of_anipose_with_its_error_and_unit(self, project: Project) -> None:
        made = bring(project, ANIPOSE, "calibration.toml", unit_mm=10).json()
        assert (made["source_kind"], made["source_title"]) == ("anipose", "Anipose")
        assert made["reprojection_error_px"] == 0.25
        top, side = made["document"]["cameras"]
        assert (top["name"], top["width"], top["height"]) == ("top", WIDTH, HEIGHT)
        assert top["t"] == [0.0, 0.0, 5000.0], "500 units of 10 mm"
        assert made["same_cameras"] == [["top", "side"]]
        assert made["warnings"] == []
        assert side["distortion"] == [-0.1, 0.0, 0.0, 0.0, 0.0]

    def test_what_was_taken_for_granted_is_told(self, project: Project) -> None:
        made = bring(project, ANIPOSE, "calibration.toml").json()
        assert made["warnings"] == [
            "calibration.toml: names no unit; its translations are taken for millimetres."
        ]

    @pytest.mark.parametrize("error", ["true", '"small"', "nan", "-1.0", "inf", "9" * 400])
    def test_an_error_that_is_no_figure_is_none(self, project: Project, error: str) -> None:
        text = ANIPOSE.replace("error = 0.25", f"error = {error}")
        assert bring(project, text, "calibration.toml").json()["reprojection_error_px"] is None

    @pytest.mark.parametrize("unit_mm", [0, -1, 1e9])
    def test_a_unit_that_is_none(self, project: Project, unit_mm: float) -> None:
        assert bring(project, ANIPOSE, "calibration.toml", unit_mm=unit_mm).status_code == 422

    @pytest.mark.parametrize(
        ("filename", "document", "words"),
        [
            ("rig.yaml", {}, "no calibration that can be read"),
            ("rig.json", "{", "no calibration that can be read"),
            ("rig.json", {"format": "sbea-calibration/2"}, "no calibration that can be read"),
            ("rig.json", 'sbea-calibration/1 {"', "not JSON"),
            ("rig.json", "[" * 100_000 + "sbea-calibration/1", "not JSON"),
            ("rig.json", ["sbea-calibration/1"], "not a JSON object"),
            ("rig.json", {"format": "sbea-calibration/1", "cameras": [1]}, "cameras.0"),
            ("rig.json", {"format": "sbea-calibration/1", "cameras": []}, "1 to 64 cameras"),
            ("recording.json", {"format": "sbea-recording/1", "cameras": {}}, "cameras"),
            ("calibration.toml", "[cam_0]\nname = 3", "cam_0"),
            ("calibration.toml", "[cam_0", "not TOML"),
            ("a\0.toml", ANIPOSE, "control characters"),
            ("calibration.toml", ANIPOSE.replace("side", "si\\u0000de"), "cam_1: name"),
        ],
    )
    def test_refusals_leave_nothing(self, project: Project, filename: str, document: Any, words: str) -> None:
        answer = bring(project, document, filename)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_calibration")
        assert words in answer.json()["detail"]
        assert not Calibration.objects.exists()

    def test_a_file_name_that_is_no_text(self, project: Project) -> None:
        assert bring(project, ANIPOSE, "\ud800.toml").json()["code"] == "invalid_request"
        with pytest.raises(BadCalibration, match="control characters"):
            calibration_from_file(project=project, filename="\ud800.toml", text=ANIPOSE, by=owner_of(project))

    def test_a_number_that_is_not_finite(self, project: Project) -> None:
        document = make_rig("top").to_dict()
        document["cameras"][0]["t"] = [float("nan"), 0, 0]
        answer = bring(project, document)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_calibration")

    @pytest.mark.parametrize("folder", ["/home/ann/", "C:\\Users\\ann\\"])
    def test_folders_of_the_file_are_not_kept(self, project: Project, folder: str) -> None:
        made = bring(project, ANIPOSE, f"{folder}calibration.toml")
        assert (made.json()["source_name"], made.json()["name"]) == ("calibration.toml", "calibration")
        assert "ann" not in made.content.decode(), "not in the warnings either"

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
        assert bring(project, document, session="Mon\0day").json()["code"] == "bad_calibration"

    @pytest.mark.django_db(transaction=True)
    def test_one_file_twice_at_once_is_told_apart_by_a_number(self, project: Project) -> None:
        owner, barrier, refused = owner_of(project), threading.Barrier(2), []

        def load() -> None:
            try:
                barrier.wait()
                calibration_from_file(project=project, filename="rig.toml", text=ANIPOSE, by=owner)
            except NameTaken as error:
                refused.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=load) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (refused, [row.name for row in Calibration.objects.all()]) == ([], ["rig", "rig (2)"])

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

    def test_not_one_that_was_deleted_meanwhile(self, project: Project, recording: Recording) -> None:
        calibration = make_calibration(project, "top")
        Calibration.objects.all().delete()
        with pytest.raises(NotFound):
            calibration_assign(recording=recording, calibration=calibration, by=owner_of(project))
        recording.refresh_from_db()
        assert recording.calibration is None

    def test_usable_views_are_what_a_reconstruction_takes(self, recording: Recording) -> None:
        match = match_cameras(make_rig("below", "side"), list(recording.videos.all()))
        assert match.usable == ("side",)


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
