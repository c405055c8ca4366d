"""Labels over HTTP: the wire forms, refusals as problems, and who may do what."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of, send
from tests.webapp.recordings.factories import pretend_video
from tests.webapp.results.factories import ready_model
from webapp.accounts.models import Role
from webapp.annotation.keypoints import Change, Origin, VisibilityName
from webapp.annotation.models import Instance, SuggestedFrame
from webapp.annotation.services import LabelledInstance, Suggestion, labels_write, suggestions_add
from webapp.jobs.models import Job
from webapp.recordings.models import Video
from webapp.training.models import PoseModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def video() -> Video:
    return pretend_video(make_project())


@pytest.fixture
def client(video: Video) -> Client:
    return client_of(owner_of(video.recording.project))


def operation(video: Video, **fields: Any) -> dict[str, Any]:
    animal = video.recording.project.animals.get()
    change = {"x": 10.5, "y": 20.0, "visibility": "visible"} | fields.pop("change", {})
    values = {
        "uuid": str(uuid.uuid4()),
        "frame_index": 3,
        "animal_id": animal.pk,
        "base_rev": 0,
        "keypoint": 0,
    }
    return {**values, "change": change, **fields}


def post(client: Client, video: Video, *operations: dict[str, Any]) -> Any:
    return send(client, "POST", f"/api/v1/videos/{video.pk}/operations", {"operations": list(operations)})


class TestOperations:
    def test_applied_and_read_back(self, client: Client, video: Video) -> None:
        sent = operation(video)
        answer = post(client, video, sent).json()["results"][0]
        assert (answer["uuid"], answer["status"], answer["rev"]) == (sent["uuid"], "applied", 1)
        (instance,) = client.get(f"/api/v1/videos/{video.pk}/labels").json()
        assert instance == answer["instance"]
        assert instance["keypoints"][0]["x"] == 10.5
        assert len(instance["keypoints"]) == 4

    def test_an_accepted_prediction_stays_known_as_one_until_somebody_corrects_it(
        self, client: Client, video: Video
    ) -> None:
        origins = []
        post(client, video, operation(video, accepted=True))
        origins.append(client.get(f"/api/v1/videos/{video.pk}/labels").json()[0]["keypoints"][0]["origin"])
        post(client, video, operation(video, base_rev=1, change={"x": 11.0}))
        origins.append(client.get(f"/api/v1/videos/{video.pk}/labels").json()[0]["keypoints"][0]["origin"])
        assert origins == ["accepted", "human"]

    def test_conflict_is_a_problem_with_both_values(self, client: Client, video: Video) -> None:
        post(client_of(add_member(video.recording.project, Role.ANNOTATOR)), video, operation(video))
        mine = operation(video, change={"x": 99.0})
        response = post(client, video, operation(video, keypoint=1), mine, operation(video, keypoint=2))
        assert response.status_code == 409
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["code"] == "label_conflict"
        (conflict,) = problem["data"]["conflicts"]
        assert (conflict["uuid"], conflict["keypoint"], conflict["rev"]) == (mine["uuid"], 0, 2)
        assert (conflict["yours"]["x"], conflict["theirs"]["x"]) == (99.0, 10.5)
        assert [r["status"] for r in problem["data"]["results"]] == ["applied", "conflict", "skipped"]

    @pytest.mark.parametrize(
        "bad",
        [
            {"keypoint": "0"},
            {"keypoint": -1},
            {"keypoint": True},
            {"keypoint": 0.5},
            {"frame_index": 2**40},
            {"uuid": "x"},
            {"change": {"x": "10"}},
            {"change": {"visibility": "seen"}},
            {"change": {"origin": "imported"}},
            {"extra": 1},
            {"base_rev": None},
        ],
        ids=str,
    )
    def test_wrong_types(self, client: Client, video: Video, bad: dict[str, Any]) -> None:
        response = post(client, video, operation(video, **bad))
        assert response.status_code == 422
        assert response.json()["code"] == "invalid_request"
        assert not Instance.objects.exists()

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_numbers_that_are_none(self, client: Client, video: Video, number: str) -> None:
        send(client, "GET", "/api/v1/me")
        import json

        text = json.dumps({"operations": [operation(video, change={"x": 12345.5})]}).replace(
            "12345.5", number
        )
        response = client.generic(
            "POST",
            f"/api/v1/videos/{video.pk}/operations",
            data=text,
            content_type="application/json",
            headers={"X-CSRFToken": client.cookies["csrftoken"].value},
        )
        assert response.status_code == 422
        assert not Instance.objects.exists()

    def test_empty_and_endless_requests(self, client: Client, video: Video) -> None:
        assert post(client, video).status_code == 422
        assert post(client, video, *[operation(video)] * 501).status_code == 422

    def test_no_csrf_token_no_change(self, client: Client, video: Video) -> None:
        response = client.post(
            f"/api/v1/videos/{video.pk}/operations",
            {"operations": [operation(video)]},
            content_type="application/json",
        )
        assert response.status_code in (401, 403)
        assert not Instance.objects.exists()

    def test_ended_session(self, client: Client, video: Video) -> None:
        client.logout()
        assert post(client, video, operation(video)).status_code in (401, 403)
        assert not Instance.objects.exists()

    def test_roles(self, video: Video) -> None:
        viewer = client_of(add_member(video.recording.project, Role.VIEWER))
        assert post(viewer, video, operation(video)).status_code == 403
        assert viewer.get(f"/api/v1/videos/{video.pk}/labels").status_code == 200
        stranger = client_of(make_user())
        assert post(stranger, video, operation(video)).status_code == 404
        for path in ("labels", "labels/summary", "suggestions", "frames/3/history"):
            assert stranger.get(f"/api/v1/videos/{video.pk}/{path}").status_code == 404


class TestReading:
    def test_window(self, client: Client, video: Video) -> None:
        for frame in (1, 5, 9):
            post(client, video, operation(video, frame_index=frame))
        found = client.get(f"/api/v1/videos/{video.pk}/labels", {"start": 2, "stop": 9}).json()
        assert [instance["frame_index"] for instance in found] == [5]
        assert client.get(f"/api/v1/videos/{video.pk}/labels", {"start": 5, "stop": 2}).status_code == 422

    def test_summary(self, client: Client, video: Video) -> None:
        post(client, video, *(operation(video, keypoint=k, frame_index=8) for k in range(3)))
        absent = {"x": None, "y": None, "visibility": "absent"}
        post(client, video, operation(video, keypoint=3, frame_index=8, change=absent))
        post(client, video, operation(video, frame_index=2))
        assert client.get(f"/api/v1/videos/{video.pk}/labels/summary").json()["frames"] == [
            {"frame_index": 2, "placed": 1, "total": 4, "complete": False},
            {"frame_index": 8, "placed": 3, "total": 4, "complete": True},
        ]

    def test_a_frame_that_was_cleared_is_not_labelled(self, client: Client, video: Video) -> None:
        post(client, video, operation(video))
        blank = {"x": None, "y": None, "visibility": "unlabelled"}
        post(client, video, operation(video, base_rev=1, change=blank))
        assert client.get(f"/api/v1/videos/{video.pk}/labels/summary").json() == {"frames": []}

    def test_history_newest_first(self, client: Client, video: Video) -> None:
        post(client, video, operation(video))
        post(client, video, operation(video, base_rev=1, change={"x": 11.0}))
        rows = client.get(f"/api/v1/videos/{video.pk}/frames/3/history").json()
        assert [row["after"]["x"] for row in rows] == [11.0, 10.5]
        assert rows[0]["before"]["x"] == 10.5
        assert rows[0]["user"] == "owner"


class TestSuggestions:
    def test_asked_for_and_listed(self, client: Client, video: Video) -> None:
        url = f"/api/v1/videos/{video.pk}/suggestions"
        assert send(client, "POST", url, {"count": 5, "method": "motion"}).status_code == 202
        assert Job.objects.get().params == {"video_id": video.pk, "count": 5, "method": "motion"}
        moving = Suggestion(frame_index=9, method="motion", score=0.5)
        unsure = Suggestion(frame_index=3, method="model", score=0.9, reasons=("left ear unsure (0.21)",))
        suggestions_add(video=video, found=[moving, unsure])
        job = Job.objects.get()
        again = [Suggestion(frame_index=f, method="kmeans", score=0.1) for f in (9, 4)]
        assert suggestions_add(video=video, found=again, job=job) == 1
        post(client, video, operation(video, frame_index=3))
        assert [(row["frame_index"], row["labelled"]) for row in client.get(url).json()] == [
            (3, True),
            (4, False),
            (9, False),
        ]
        first, *others = client.get(url).json()
        assert (first["method"], first["reasons"]) == ("model", ["left ear unsure (0.21)"])
        assert [row["reasons"] for row in others] == [[], []]
        # found again, frame 9 belongs to the batch that found it last
        assert [row["batch"] for row in (first, *others)] == [None, str(job.pk), str(job.pk)]
        assert others[1]["method"] == "kmeans"
        assert send(client, "DELETE", f"{url}/9").status_code == 204
        assert send(client, "DELETE", f"{url}/9").status_code == 204
        assert SuggestedFrame.objects.count() == 2

    @pytest.mark.parametrize("body", [{"count": 0}, {"count": 101}, {"count": 5, "method": "magic"}, {}])
    def test_impossible_wishes(self, client: Client, video: Video, body: dict[str, Any]) -> None:
        assert send(client, "POST", f"/api/v1/videos/{video.pk}/suggestions", body).status_code == 422

    def test_by_a_model_that_nobody_has_trained(self, client: Client, video: Video) -> None:
        url = f"/api/v1/videos/{video.pk}/suggestions"
        refused = send(client, "POST", url, {"count": 5, "method": "model"})
        assert refused.status_code == 422
        assert refused.json()["code"] == "no_trained_model"
        assert "Train one" in refused.json()["detail"]
        assert not Job.objects.exists()

    def test_by_the_model_that_is_chosen_or_the_newest(self, client: Client, video: Video) -> None:
        older = ready_model(video.recording.project)
        newer = PoseModel.objects.create(
            project=older.project,
            name="newer",
            snapshot=older.snapshot,
            skeleton=older.skeleton,
            state=PoseModel.State.READY,
        )
        url = f"/api/v1/videos/{video.pk}/suggestions"
        for wish, asked in (({}, newer), ({"model_id": older.pk}, older)):
            answer = send(client, "POST", url, {"count": 5, "method": "model", **wish})
            assert answer.status_code == 202
            assert answer.json()["params"]["model_id"] == asked.pk
            assert answer.json()["label"] == f"Ask {asked.name} for 5 frames of {video} to label"

    def test_by_a_model_that_cannot_be_asked(self, client: Client, video: Video) -> None:
        foreign = ready_model(make_project(name="Another"))
        untrained = ready_model(video.recording.project)
        PoseModel.objects.filter(pk=untrained.pk).update(state=PoseModel.State.TRAINING)
        url = f"/api/v1/videos/{video.pk}/suggestions"
        for model_id in (foreign.pk, untrained.pk, 987654):
            refused = send(client, "POST", url, {"count": 5, "method": "model", "model_id": model_id})
            assert (refused.status_code, refused.json()["code"]) == (422, "no_trained_model")
        blind = send(client, "POST", url, {"count": 5, "method": "kmeans", "model_id": foreign.pk})
        assert (blind.status_code, blind.json()["code"]) == (422, "bad_frame")
        assert not Job.objects.exists()

    def test_viewers_may_not(self, video: Video) -> None:
        viewer = client_of(add_member(video.recording.project, Role.VIEWER))
        url = f"/api/v1/videos/{video.pk}/suggestions"
        assert send(viewer, "POST", url, {"count": 5}).status_code == 403
        assert send(viewer, "DELETE", f"{url}/1").status_code == 403


class TestInBulk:
    def test_one_log_entry_a_keypoint_and_hand_work_stays(self, client: Client, video: Video) -> None:
        project = video.recording.project
        post(client, video, operation(video, frame_index=4, change={"x": 77.0}))
        animal = project.animals.get()
        points = [Change(x=float(k), y=1.0, visibility=VisibilityName.VISIBLE) for k in range(3)]
        points.append(Change(x=None, y=None, visibility=VisibilityName.UNLABELLED))
        rows = [LabelledInstance(frame_index=f, animal=animal, changes=points) for f in (4, 7)]
        assert labels_write(video=video, labels=rows, by=owner_of(project), origin=Origin.DEMO) == 2
        first, second = Instance.objects.order_by("frame_index")
        assert [(k["x"], k["origin"]) for k in first.keypoints[:2]] == [(77.0, "human"), (1.0, "demo")]
        assert (first.rev, second.rev, second.placed_count) == (3, 3, 3)
        log = second.operations.order_by("rev")
        assert [(row.rev, row.keypoint, row.base_rev) for row in log] == [(1, 0, 0), (2, 1, 1), (3, 2, 2)]
        assert labels_write(video=video, labels=rows, by=owner_of(project), origin=Origin.DEMO) == 0

    def test_a_conflict_with_bulk_labels_is_seen(self, client: Client, video: Video) -> None:
        project = video.recording.project
        change = Change(x=1.0, y=1.0, visibility=VisibilityName.VISIBLE)
        row = LabelledInstance(frame_index=3, animal=project.animals.get(), changes=[change] * 4)
        labels_write(video=video, labels=[row], by=owner_of(project), origin=Origin.IMPORTED)
        assert post(client, video, operation(video)).status_code == 409
