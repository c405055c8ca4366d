"""Asking for a training that sees more than labelled frames: what is offered, kept and refused."""

from __future__ import annotations

from typing import Any

import pytest

from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.families import FAMILY_FACTS
from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import pretend_video
from tests.webapp.training.factories import trained_model
from tests.webapp.training.test_families import options, project, train
from tests.workers.project_rows import label_frames
from webapp.projects.models import Project
from webapp.projects.services import animals_ensure
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.training.beside_labels import MOST_UNLABELLED, unlabelled_paths
from webapp.training.errors import BadTraining
from webapp.training.models import PoseModel

__all__ = ["project"]  # a fixture
pytestmark = pytest.mark.django_db


def name_of(video: Video) -> str:
    return f"{video.recording.name}/{video.view}"


def labelled(project: Project) -> Video:
    return Video.objects.filter(recording__project=project).earliest("pk")


def another(project: Project, name: str, **facts: Any) -> Video:
    """A video of a file of its own."""
    video = pretend_video(project, name=name)
    source = f"media/originals/{name}.mp4"
    storage.stored_path(source).touch()
    return of_size(video, source_path=source, **facts)


def of_size(video: Video, **facts: Any) -> Video:
    Video.objects.filter(pk=video.pk).update(**facts)
    return video


class TestWhatIsOffered:
    def test_videos_of_the_size_of_labelled_ones(self, project: Project) -> None:
        plain = another(project, "b plain")
        another(project, "wide", width=400)
        another(project, "waiting", state=Video.State.PENDING)
        another(project, "short", frame_count=3)
        pretend_video(make_project(), name="elsewhere")
        told = options(project)
        assert told["unlabelled"] == sorted([name_of(labelled(project)), name_of(plain)])
        assert told["most_unlabelled"] == MOST_UNLABELLED

    def test_nothing_where_nothing_is_labelled(self) -> None:
        project = make_project()
        pretend_video(project)
        assert options(project)["unlabelled"] == []

    def test_one_file_once(self, project: Project) -> None:
        """Two recordings may be of one file; the engine would refuse to read it twice."""
        again = another(project, "zz again")
        of_size(again, source_path=labelled(project).source_path)
        assert options(project)["unlabelled"] == [name_of(labelled(project))]
        answer = train(project, unlabelled=[name_of(labelled(project)), name_of(again)])
        assert "each file counts once" in answer.json()["detail"]

    def test_pictures_have_no_neighbours(self, project: Project) -> None:
        assert options(project)["context_misfit"] == ""
        of_size(labelled(project), source_kind=Video.SourceKind.IMAGES)
        assert "is a folder of pictures" in options(project)["context_misfit"]
        answer = train(project, family="pyramid", context_frames=2)
        assert answer.status_code == 422
        assert "is a folder of pictures" in answer.json()["detail"]

    def test_what_each_family_can(self, project: Project) -> None:
        for family in options(project)["families"]:
            facts = FAMILY_FACTS[family["name"]]
            assert family["temporal_context"] is facts.temporal_context
            assert family["uses_unlabelled"] is facts.uses_unlabelled


class TestWhatIsKept:
    def test_frames_before_and_after(self, project: Project) -> None:
        answer = train(project, family="pyramid", context_frames=2)
        assert answer.status_code == 202, answer.content
        config = PoseModel.objects.get(pk=answer.json()["model"]["id"]).config
        assert PoseConfig.from_dict(config).context_frames == 2

    def test_unlabelled_video_by_name(self, project: Project) -> None:
        wanted = [name_of(another(project, "b")), name_of(labelled(project))]
        answer = train(project, unlabelled=wanted)
        assert answer.status_code == 202, answer.content
        model = PoseModel.objects.get(pk=answer.json()["model"]["id"])
        assert model.unlabelled == wanted
        read = PoseConfig.from_dict(model.config).consistency
        assert read is not None
        assert (read.videos, read.terms) == (tuple(wanted), {"pose": 1.0})

    def test_nothing_was_asked_for(self, project: Project) -> None:
        answer = train(project, context_frames=0, unlabelled=[])
        assert set(answer.json()["model"]["config"]) == {"preset", "family", "seed"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("wishes", "words"),
        [
            ({"context_frames": 2}, "Two stages sees each frame alone. Pyramid, U-Net can see those before"),
            ({"family": "pyramid", "context_frames": 2, "members": 2}, "Train one network"),
            ({"family": "pyramid", "context_frames": 2, "unlabelled": ["x"]}, "Choose one of the two"),
            ({"family": "deeplabcut", "unlabelled": ["x"]}, "DeepLabCut does not learn from unlabelled"),
            ({"unlabelled": ["elsewhere/cam-1"]}, "'elsewhere/cam-1' cannot be learned from"),
            ({"unlabelled": ["/etc/passwd"]}, "has to be a video of this project"),
            ({"unlabelled": ["wide/cam-1"]}, "frames of the size of labelled ones"),
            ({"unlabelled": ["b/cam-1", "b/cam-1"]}, "'b/cam-1' is named twice"),
        ],
    )
    def test_says_why(self, project: Project, wishes: dict[str, Any], words: str) -> None:
        another(project, "b")
        another(project, "wide", width=400)
        pretend_video(make_project(), name="elsewhere")
        answer = train(project, **wishes)
        assert answer.status_code == 422, answer.content
        assert words in answer.json()["detail"]
        assert not PoseModel.objects.exists()

    @pytest.mark.parametrize(
        "wishes", [{"context_frames": 1}, {"unlabelled": "b/cam-1"}, {"unlabelled": ["x"] * 33}]
    )
    def test_what_cannot_be_read(self, project: Project, wishes: dict[str, Any]) -> None:
        assert train(project, **wishes).status_code == 422
        assert not PoseModel.objects.exists()

    @pytest.mark.parametrize("meant", [{}, {"other": 1}])
    def test_a_video_that_has_another_name_by_now(self, project: Project, meant: dict[str, int]) -> None:
        name = name_of(labelled(project))
        mine = {name: labelled(project).pk}
        assert list(unlabelled_paths(project=project, names=[name], meant=mine)) == [name]
        for names, known in ((["gone/cam-1"], mine), ([name], meant), ([name], {name: 0})):
            with pytest.raises(BadTraining, match="is not in this project any more, or has another name"):
                unlabelled_paths(project=project, names=names, meant=known)

    def test_what_is_held_out_is_not_looked_at(self, project: Project) -> None:
        far = another(project, "far", width=400)
        near = another(project, "near")
        for video in (far, near):
            label_frames(video, range(4))
        held = f"videos:{name_of(far)},{name_of(near)}"
        for name, words in ((name_of(near), "is held out for the test"), (name_of(far), "is held out")):
            answer = train(project, unlabelled=[name], holdout=held)
            assert answer.status_code == 422
            assert words in answer.json()["detail"]
        other = another(project, "as far", width=400)
        answer = train(project, unlabelled=[name_of(other)], holdout=held)
        assert "frames of the size of labelled ones that are not held out" in answer.json()["detail"]
        assert train(project, unlabelled=[name_of(labelled(project))], holdout=held).status_code == 202

    def test_where_no_family_can(self, project: Project) -> None:
        animals_ensure(project=project, count=2, by=owner_of(project))
        project.animals_look_alike = True
        project.save()
        for wish in ({"context_frames": 2}, {"unlabelled": ["x"]}):
            assert "No family that suits this project can" in train(project, **wish).json()["detail"]


class TestGoingOn:
    def go_on(self, project: Project, start: PoseModel, **wishes: Any) -> Any:
        path = f"/api/v1/projects/{project.pk}/models"
        return send(client_of(owner_of(project)), "POST", path, {"start_from": start.pk, **wishes})

    def start(self, project: Project, **config: Any) -> PoseModel:
        given = {"preset": "fast", "family": "pyramid", **config}
        return trained_model(project, config=given, card={"weights_sha256": "a" * 64})

    def test_keeps_the_frames_before_and_after(self, project: Project) -> None:
        answer = self.go_on(project, self.start(project, context_frames=2))
        assert answer.json()["model"]["config"]["context_frames"] == 2

    def test_learns_from_labels_alone(self, project: Project) -> None:
        unlabelled = {"videos": [name_of(labelled(project))], "pose": 1.0}
        answer = self.go_on(project, self.start(project, consistency=unlabelled))
        assert "consistency" not in answer.json()["model"]["config"]

    @pytest.mark.parametrize("wishes", [{"context_frames": 2}, {"unlabelled": ["a"]}])
    def test_takes_no_wish_of_its_own(self, project: Project, wishes: dict[str, Any]) -> None:
        answer = self.go_on(project, self.start(project), **wishes)
        assert answer.status_code == 422
        assert f"Leave {next(iter(wishes))} out" in answer.json()["detail"]
