"""Role x operation x foreign object, over every operation that the API has.

A new operation fails `test_every_operation_is_classified` until this table says who may call it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from tests.webapp.api.operations import Operation, all_operations
from tests.webapp.factories import add_member, client_of, make_job, make_project, make_user, owner_of, send
from tests.webapp.recordings.factories import make_calibration
from webapp.accounts.capabilities import CAPABILITIES_OF, Capability
from webapp.accounts.models import Role, User
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings.models import Recording, RecordingSession, Upload, Video
from webapp.results.models import ExportFile, PoseMap, PoseResult, Reconstruction
from webapp.training.models import LabelSnapshot, PoseModel

pytestmark = pytest.mark.django_db

OPERATIONS = all_operations()
# Everybody who is signed in may call these; they name no object of anybody.
OPEN = {"me_get", "project_create", "project_list"}
NEEDS: dict[str, Capability] = {
    "animal_rename": Capability.MANAGE_DATA,
    "animals_ensure": Capability.MANAGE_DATA,
    "calibration_create": Capability.MANAGE_DATA,
    "calibration_delete": Capability.MANAGE_DATA,
    "calibration_get": Capability.VIEW,
    "calibration_list": Capability.VIEW,
    "demo_labels_apply": Capability.LABEL,
    "export_delete": Capability.MANAGE_DATA,
    "export_list": Capability.VIEW,
    "export_start": Capability.VIEW,
    "film_start": Capability.VIEW,
    "format_list": Capability.VIEW,
    "frame_prediction_list": Capability.VIEW,
    "import_deeplabcut": Capability.MANAGE_DATA,
    "job_cancel": Capability.TRAIN,
    "job_events": Capability.VIEW,
    "job_get": Capability.VIEW,
    "job_list": Capability.VIEW,
    "job_pause": Capability.TRAIN,
    "job_resume": Capability.TRAIN,
    "job_retry": Capability.TRAIN,
    "label_list": Capability.VIEW,
    "label_summary": Capability.VIEW,
    "media_root_browse": Capability.MANAGE_DATA,
    "member_invite": Capability.MANAGE_MEMBERS,
    "member_list": Capability.VIEW,
    "member_remove": Capability.MANAGE_MEMBERS,
    "member_set_role": Capability.MANAGE_MEMBERS,
    "model_compare": Capability.VIEW,
    "model_delete": Capability.TRAIN,
    "model_get": Capability.VIEW,
    "model_learning": Capability.VIEW,
    "model_list": Capability.VIEW,
    "model_train": Capability.TRAIN,
    "operation_apply": Capability.LABEL,
    "operation_history": Capability.VIEW,
    "pose_map_delete": Capability.MANAGE_DATA,
    "pose_map_list": Capability.VIEW,
    "pose_map_points": Capability.VIEW,
    "pose_map_start": Capability.VIEW,
    "prediction_start": Capability.TRAIN,
    "predictions_start": Capability.TRAIN,
    "project_delete": Capability.DELETE_PROJECT,
    "project_get": Capability.VIEW,
    "project_learning": Capability.VIEW,
    "project_update": Capability.MANAGE_DATA,
    "reconstruction_delete": Capability.TRAIN,
    "reconstruction_get": Capability.VIEW,
    "reconstruction_list": Capability.VIEW,
    "reconstruction_quality": Capability.VIEW,
    "reconstruction_residuals": Capability.VIEW,
    "reconstruction_start": Capability.TRAIN,
    "reconstruction_window": Capability.VIEW,
    "recording_calibrate": Capability.MANAGE_DATA,
    "recording_delete": Capability.MANAGE_DATA,
    "recording_get": Capability.VIEW,
    "recording_list": Capability.VIEW,
    "recording_propose": Capability.MANAGE_DATA,
    "recording_register": Capability.MANAGE_DATA,
    "recording_register_folder": Capability.MANAGE_DATA,
    "recording_register_groups": Capability.MANAGE_DATA,
    "recording_register_rendered": Capability.MANAGE_DATA,
    "recording_rename": Capability.MANAGE_DATA,
    "recording_session_assign": Capability.MANAGE_DATA,
    "recording_session_create": Capability.MANAGE_DATA,
    "recording_session_delete": Capability.MANAGE_DATA,
    "recording_session_list": Capability.VIEW,
    "recording_session_rename": Capability.MANAGE_DATA,
    "recording_sync": Capability.MANAGE_DATA,
    "result_doubts": Capability.VIEW,
    "result_delete": Capability.TRAIN,
    "result_get": Capability.VIEW,
    "result_list": Capability.VIEW,
    "result_window": Capability.VIEW,
    "skeleton_get": Capability.VIEW,
    "skeleton_replace": Capability.MANAGE_DATA,
    "suggestion_delete": Capability.LABEL,
    "suggestion_list": Capability.VIEW,
    "suggestion_start": Capability.LABEL,
    "training_options": Capability.VIEW,
    "upload_append": Capability.MANAGE_DATA,
    "upload_complete": Capability.MANAGE_DATA,
    "upload_discard": Capability.MANAGE_DATA,
    "upload_get": Capability.MANAGE_DATA,
    "upload_start": Capability.MANAGE_DATA,
    "video_get": Capability.VIEW,
    "video_results": Capability.VIEW,
    "view_add": Capability.MANAGE_DATA,
    "view_order": Capability.MANAGE_DATA,
    "view_remove": Capability.MANAGE_DATA,
    "view_rename": Capability.MANAGE_DATA,
}
# A matter of the site, not of a role: whoever shares a project with the person is refused.
ADMINISTRATORS = {"user_set_may_create_projects"}
# Uploads belong to who started them: to other members of the project they do not exist.
PRIVATE = {"upload_append", "upload_complete", "upload_discard", "upload_get"}

# Whoever made the thing may call these too, whatever else the role allows.
MAKERS = {"export_delete": ExportFile, "pose_map_delete": PoseMap}


def each(operations: Iterable[Operation]) -> pytest.MarkDecorator:
    """The test once for each of these operations."""
    return pytest.mark.parametrize("operation", list(operations), ids=lambda operation: operation.name)


class World:
    """A project with one of everything, and the ids that the paths need."""

    def __init__(self) -> None:
        self.project = project = make_project()
        owner = owner_of(project)
        recording = Recording.objects.create(project=project, name="take 1")
        video = Video.objects.create(
            recording=recording,
            source_path="/nowhere.mp4",
            frame_count=10,
            width=64,
            height=48,
        )
        snapshot = LabelSnapshot.objects.create(
            project=project, folder="none", checksum="0" * 64, frame_count=1, point_count=1
        )
        model = PoseModel.objects.create(
            project=project,
            name="m",
            snapshot=snapshot,
            skeleton=project.skeleton,
            preset="tiny",
            holdout="none",
        )
        result = PoseResult.objects.create(project=project, model=model, video=video, frame_count=10)
        reconstruction = Reconstruction.objects.create(
            project=project,
            recording=recording,
            calibration=make_calibration(project),
            model=model,
            folder="media/reconstructions/none",
            sync={"ticks": 10, "views": {"cam-1": [[0, 0, 10]]}},
            tick_count=10,
        )
        export = ExportFile.objects.create(
            project=project, kind="deeplabcut_labels", path="media/exports/none/a.zip"
        )
        upload = Upload.objects.create(
            project=project, user=owner, filename="a.mp4", size=10, purpose=Upload.Purpose.VIDEO
        )
        self.ids: dict[str, Any] = {
            "project_id": project.pk,
            "recording_id": recording.pk,
            "recording_session_id": RecordingSession.objects.create(project=project, name="Monday").pk,
            "video_id": video.pk,
            "model_id": model.pk,
            "result_id": result.pk,
            "export_id": export.pk,
            "map_id": PoseMap.objects.create(
                project=project, result=result, folder="media/maps/none", job=make_job(project)
            ).pk,
            "upload_id": upload.pk,
            "calibration_id": make_calibration(project).pk,
            "reconstruction_id": reconstruction.pk,
            "job_id": make_job(project).pk,
            "animal_id": project.animals.get().pk,
            "user_id": add_member(project, Role.ANNOTATOR).pk,
            "frame_index": 0,
        }


@pytest.fixture
def world() -> World:
    return World()


def call(client: Client, operation: Operation, world: World) -> Any:
    body = operation.body
    if isinstance(body, dict):
        body = {name: world.ids.get(name, value) for name, value in body.items()}
        if body.get("role") == Role.OWNER:
            body["role"] = Role.VIEWER  # making owners is a matter of its own
    return send(client, operation.method, operation.url(world.ids), body)


def contents() -> dict[str, int]:
    """How many rows every table of the product has."""
    models = [model for model in apps.get_models() if model.__module__.startswith("webapp.")]
    return {model.__name__: model._default_manager.count() for model in models}


def test_every_operation_is_classified() -> None:
    assert {operation.name for operation in OPERATIONS} == OPEN | ADMINISTRATORS | set(NEEDS)


@each(OPERATIONS)
def test_nobody_gets_in_without_a_session(operation: Operation, world: World) -> None:
    before = contents()
    answer = call(Client(enforce_csrf_checks=True), operation, world)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"
    assert contents() == before


@each(operation for operation in OPERATIONS if operation.name not in OPEN)
def test_somebody_else_does_not_learn_that_it_exists(operation: Operation, world: World) -> None:
    stranger = make_user("stranger")
    make_project(stranger, name="Another project")
    before = contents()
    answer = call(client_of(stranger), operation, world)
    if operation.name == "media_root_browse":
        # The stranger manages the data of another project, so this is allowed, but shows no project.
        assert answer.status_code == 200
        return
    assert answer.status_code == 404, answer.content
    assert "Open field" not in answer.content.decode()
    assert contents() == before


@each(operation for operation in OPERATIONS if "{" in operation.path)
def test_a_foreign_id_and_an_absent_one_get_the_same_answer(operation: Operation, world: World) -> None:
    client = client_of(make_user("stranger"))
    foreign = call(client, operation, world)
    absent: dict[str, Any] = dict.fromkeys(world.ids, 987654321)
    absent |= dict.fromkeys(("job_id", "upload_id"), "00000000-0000-4000-8000-000000000000")
    nothing = send(client, operation.method, operation.url(absent), operation.body)
    assert (foreign.status_code, foreign.json()) == (nothing.status_code, nothing.json())


@each(operation for operation in OPERATIONS if operation.name not in OPEN)
@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_do_what_the_table_says(operation: Operation, role: str, world: World) -> None:
    allowed = operation.name not in ADMINISTRATORS and NEEDS[operation.name] in CAPABILITIES_OF[role]
    client = client_of(member(world.project, role))
    before = contents()
    answer = call(client, operation, world)
    if allowed and (operation.name not in PRIVATE or role == Role.OWNER):
        assert answer.status_code not in {401, 403, 404, 500} or not_about_access(answer), answer.content
        return
    refused = {403, 404} if operation.name in PRIVATE else {403}
    assert answer.status_code in refused, answer.content
    assert contents() == before


@each(operation for operation in OPERATIONS if operation.name in MAKERS)
@pytest.mark.parametrize("role", Role.values)
def test_whoever_made_it_may(operation: Operation, role: str, world: World) -> None:
    maker, colleague = member(world.project, role), add_member(world.project, Role.ANNOTATOR)
    rows = made_by(maker, operation, world)
    assert call(client_of(colleague), operation, world).status_code == 403
    assert rows.count() == 1
    assert call(client_of(maker), operation, world).status_code == 204
    assert not rows.exists()


@each(operation for operation in OPERATIONS if operation.name in MAKERS)
def test_whoever_made_it_and_left_may_not(operation: Operation, world: World) -> None:
    maker = make_user("gone")
    rows = made_by(maker, operation, world)
    assert call(client_of(maker), operation, world).status_code == 404
    assert rows.count() == 1


@each(operation for operation in OPERATIONS if operation.method != "GET")
def test_a_change_needs_the_csrf_header(operation: Operation, world: World) -> None:
    client = client_of(owner_of(world.project))
    before = contents()
    answer = client.generic(operation.method, operation.url(world.ids), content_type="application/json")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert contents() == before


def member(project: Project, role: str) -> Any:
    return owner_of(project) if role == Role.OWNER else add_member(project, Role(role))


def made_by(maker: User, operation: Operation, world: World) -> Any:
    """The thing that the operation changes, now of a job that this person started."""
    job = make_job(world.project)
    Job.objects.filter(pk=job.pk).update(created_by=maker)
    rows = MAKERS[operation.name]._default_manager.all()
    rows.update(job=job)
    return rows


def not_about_access(answer: Any) -> bool:
    """A refusal for another reason than the role: a path outside the media roots, a missing sub-object."""
    return answer.json().get("code") not in {"forbidden", "csrf_failed", "not_signed_in", "internal_error"}
