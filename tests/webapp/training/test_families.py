"""Which families a project may be trained with, what the API offers, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from sbea_engine.pose.families import FAMILY_FACTS
from tests.webapp.factories import add_member, client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import pretend_video
from tests.webapp.recordings.test_roots import as_ordinary_user, open_root
from tests.webapp.training.factories import trained_model
from tests.workers.project_rows import label_frames
from webapp.accounts.models import Role
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.projects.services import animals_ensure
from webapp.recordings import storage
from webapp.training.backbones import lab_backbones
from webapp.training.models import PoseModel

__all__ = ["open_root"]  # a fixture
pytestmark = pytest.mark.django_db

TELLING_APART = [name for name, facts in FAMILY_FACTS.items() if facts.tells_individuals_apart]


@pytest.fixture
def project() -> Project:
    """One animal, twenty labelled frames of a file that is there and empty."""
    project = make_project()
    video = pretend_video(project)
    file = storage.stored_path(video.source_path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    label_frames(video, range(20))
    return project


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Path]:
    """A folder of backbones as an administrator fills it."""
    for name, files in {
        "dino": {"config.json": "{}", "model.safetensors": ""},
        "plain": {"config.json": "{}"},
        "notes": {"readme.txt": ""},
        ".hidden": {"config.json": "{}"},
    }.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
    with override_settings(SBEA_BACKBONES=(tmp_path, tmp_path / "gone")):
        yield tmp_path


def options(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = (
        client_of(owner_of(project)).get(f"/api/v1/projects/{project.pk}/training-options").json()
    )
    return found


def fitting(project: Project) -> list[str]:
    return [family["name"] for family in options(project)["families"] if not family["misfit"]]


def train(project: Project, **wishes: Any) -> Any:
    path = f"/api/v1/projects/{project.pk}/models"
    return send(client_of(owner_of(project)), "POST", path, {"preset": "tiny", **wishes})


class TestWhatSuits:
    def test_one_animal(self, project: Project) -> None:
        assert options(project)["family"] == "two_stage"
        assert fitting(project) == TELLING_APART

    def test_several_that_look_different(self, project: Project) -> None:
        animals_ensure(project=project, count=2, by=owner_of(project))
        assert options(project)["family"] == "two_stage"
        assert fitting(project) == TELLING_APART

    def test_several_that_look_alike(self, project: Project) -> None:
        animals_ensure(project=project, count=2, by=owner_of(project))
        told = send(
            client_of(owner_of(project)),
            "PATCH",
            f"/api/v1/projects/{project.pk}",
            {"animals_look_alike": True},
        )
        assert told.json()["animals_look_alike"] is True
        assert told.json()["name"] == project.name
        project.refresh_from_db()
        assert options(project)["family"] == "bottom_up"
        assert fitting(project) == ["bottom_up"]
        assert train(project).json()["model"]["family"] == "bottom_up"

    def test_a_lone_animal_looks_like_nobody(self, project: Project) -> None:
        project.animals_look_alike = True
        project.save()
        assert fitting(project) == TELLING_APART

    def test_every_family_of_the_engine_is_offered_with_its_sentence(self, project: Project) -> None:
        offered = {family["name"]: family["summary"] for family in options(project)["families"]}
        assert offered == {name: facts.summary for name, facts in FAMILY_FACTS.items()}


class TestTraining:
    def test_what_was_chosen_is_kept_and_told(self, project: Project) -> None:
        answer = train(project, family="deeplabcut", members=2, backbone="resnet50", holdout="none")
        assert answer.status_code == 202, answer.content
        told = answer.json()["model"]
        assert (told["family"], told["family_title"], told["members"], told["backbone"]) == (
            "deeplabcut",
            "DeepLabCut",
            2,
            "resnet50",
        )
        assert PoseModel.objects.get(pk=told["id"]).config == {
            "preset": "tiny",
            "family": "deeplabcut",
            "seed": 0,
            "members": 2,
            "backbone": "resnet50",
        }

    def test_a_model_of_before_has_the_family_of_its_card(self, project: Project) -> None:
        model = trained_model(project, card={"family": "pose_machine"}, config={"preset": "fast", "seed": 0})
        answer = client_of(owner_of(project)).get(f"/api/v1/models/{model.pk}").json()
        assert (answer["family"], answer["members"], answer["backbone"]) == ("pose_machine", 1, "auto")

    @pytest.mark.parametrize(
        ("wishes", "words"),
        [
            ({"family": "transformer"}, "Unknown family 'transformer'; known: two_stage, "),
            ({"family": "../../etc"}, "Unknown family"),
            ({"family": "bottom_up"}, "this project has one animal"),
            ({"backbone": "resnet50"}, "backbone 'resnet50': the family Two stages takes auto"),
            ({"family": "deeplabcut", "backbone": "folder:/etc"}, "Paths and addresses cannot be named here"),
            ({"family": "deeplabcut", "backbone": "config:/etc/passwd"}, "Paths and addresses"),
            ({"family": "deeplabcut", "backbone": "hub:facebook/dino"}, "Paths and addresses"),
            ({"family": "deeplabcut", "backbone": "lab:../dino"}, "no backbone '../dino'"),
            ({"family": "deeplabcut", "backbone": "lab:/etc"}, "no backbone"),
            ({"family": "two_stage", "backbone": "lab:dino"}, "Two stages takes auto"),
        ],
    )
    def test_what_cannot_be_is_refused_with_what_can(
        self, project: Project, lab: Path, wishes: dict[str, Any], words: str
    ) -> None:
        answer = train(project, **wishes)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_training")
        assert words in answer.json()["detail"]
        assert str(lab) not in answer.content.decode()
        assert not PoseModel.objects.exists()
        assert not Job.objects.filter(kind="pose.train").exists()

    @pytest.mark.parametrize("members", [0, 6, -1, "two", 1.5])
    def test_so_many_members_are_no_number(self, project: Project, members: Any) -> None:
        assert train(project, members=members).status_code == 422
        assert not PoseModel.objects.exists()

    def test_several_networks_need_more_labels(self, project: Project) -> None:
        answer = train(project, members=2, holdout="last:0.5")
        assert (answer.status_code, answer.json()["code"]) == (422, "too_few_labels")
        assert "at least 16 are needed for 2 networks" in answer.json()["detail"]
        needed = {each["members"]: each["frames_needed"] for each in options(project)["members"]}
        assert needed == {1: 8, 2: 16, 3: 12, 4: 16, 5: 14}

    def test_networks_that_do_not_tell_who_is_who_cannot_answer_together(self, project: Project) -> None:
        animals_ensure(project=project, count=2, by=owner_of(project))
        project.animals_look_alike = True
        project.save()
        answer = train(project, members=3)
        assert "Bottom up is trained as one network" in answer.json()["detail"]


class TestBackbonesOfTheLab:
    def test_are_offered_by_name_where_a_family_takes_them(self, project: Project, lab: Path) -> None:
        families = {family["name"]: family for family in options(project)["families"]}
        assert [b["name"] for b in families["deeplabcut"]["backbones"]] == [
            "small_resnet",
            "resnet50",
            "lab:dino",
            "lab:plain",
        ]
        assert [b["name"] for b in families["pyramid"]["backbones"]] == ["pyramid", "lab:dino", "lab:plain"]
        assert families["two_stage"]["backbones"] == []
        assert str(lab) not in json.dumps(families)

    def test_one_that_may_not_be_read_hides_no_other(self, open_root: Path) -> None:
        (open_root / "fine" / "config.json").write_text("{}")
        with override_settings(SBEA_BACKBONES=(open_root,)), as_ordinary_user():
            assert [backbone.name for backbone in lab_backbones()] == ["fine"]

    def test_without_any_there_is_nothing_to_choose_in_a_pyramid(self, project: Project) -> None:
        families = {family["name"]: family for family in options(project)["families"]}
        assert families["pyramid"]["backbones"] == []

    def test_can_be_trained_on(self, project: Project, lab: Path) -> None:
        answer = train(project, family="pyramid", backbone="lab:dino")
        assert answer.status_code == 202, answer.content
        assert answer.json()["model"]["backbone"] == "lab:dino"
        assert str(lab) not in answer.content.decode()


class TestLearning:
    def test_models_of_different_families_make_no_curve_together(self, project: Project) -> None:
        for labels in (20, 40, 80):
            trained_model(project, labels=labels, config={"family": "two_stage"})
        trained_model(project, labels=60, config={"family": "pyramid"})
        trained_model(project, labels=60, config={"family": "two_stage", "members": 3})
        found = client_of(owner_of(project)).get(f"/api/v1/projects/{project.pk}/learning").json()
        assert [model["labels"] for model in found["models"]] == [20, 40, 80]
        assert (found["family_title"], found["members"], found["left_out"]) == ("Two stages", 1, 2)

    def test_nor_do_models_that_saw_more_than_labels(self, project: Project) -> None:
        trained_model(project, labels=60, config={"family": "pyramid", "context_frames": 2})
        beside = {"consistency": {"videos": ["take 1/cam-1"], "pose": 1.0}}
        trained_model(project, labels=60, config={"family": "pyramid", **beside})
        for labels in (20, 40):
            trained_model(project, labels=labels, config={"family": "pyramid"})
        client = client_of(owner_of(project))
        found = client.get(f"/api/v1/projects/{project.pk}/learning").json()
        assert [model["labels"] for model in found["models"]] == [20, 40]
        assert (found["context_frames"], found["unlabelled"], found["left_out"]) == (0, False, 2)
        listed = client.get(f"/api/v1/projects/{project.pk}/models").json()
        assert {(m["context_frames"], m["unlabelled"]) for m in listed} == {(2, False), (0, True), (0, False)}


def test_who_only_looks_sees_the_options_and_changes_nothing(project: Project) -> None:
    viewer = client_of(add_member(project, Role.VIEWER))
    assert viewer.get(f"/api/v1/projects/{project.pk}/training-options").status_code == 200
    refused = send(viewer, "PATCH", f"/api/v1/projects/{project.pk}", {"animals_look_alike": True})
    assert refused.status_code == 403
    project.refresh_from_db()
    assert project.animals_look_alike is False
