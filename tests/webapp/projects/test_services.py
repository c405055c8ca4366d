"""Projects, skeleton versions and animals."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sbea_engine.data.skeleton import Skeleton
from tests.webapp.factories import MOUSE, add_member, make_job, make_project, make_user, owner_of
from webapp.accounts.models import Role, SignInLink
from webapp.accounts.services import member_invite
from webapp.annotation.models import Instance
from webapp.api.errors import Forbidden, NotFound
from webapp.jobs.services import job_cancel
from webapp.projects.errors import BadProject, NameTaken, ProjectBusy, SkeletonInUse
from webapp.projects.models import Project
from webapp.projects.selectors import (
    ProjectCounts,
    project_by_slug,
    project_counts,
    project_get,
    project_rows,
)
from webapp.projects.services import (
    animal_rename,
    animals_ensure,
    project_create,
    project_delete,
    project_update,
    skeleton_replace,
)
from webapp.recordings.models import Recording, Video

pytestmark = pytest.mark.django_db


def label(project: Project, placed: Sequence[bool], *, frame_index: int = 0, slot: int = 0) -> Instance:
    """One instance in which these keypoints have a position."""
    recording, _ = Recording.objects.get_or_create(project=project, name="take 1")
    video, _ = Video.objects.get_or_create(recording=recording, defaults={"source_path": "/nowhere.mp4"})
    names = ("unlabelled", "visible")
    keypoints = [{"x": 1.0, "y": 2.0, "visibility": names[flag], "origin": "human"} for flag in placed]
    return Instance.objects.create(
        video=video,
        frame_index=frame_index,
        animal=project.animals.get(slot=slot),
        keypoints=keypoints,
        placed_count=sum(placed),
    )


class TestCreate:
    def test_comes_with_owner_skeleton_and_animal(self) -> None:
        owner = make_user(may_create_projects=True)
        project = project_create(name="  Open   field ", skeleton=MOUSE, by=owner)
        assert (project.name, project.slug) == ("Open field", "open-field")
        assert project.memberships.get().role == Role.OWNER
        assert (project.skeleton.version, project.skeleton.noun) == (1, MOUSE)
        assert [(a.name, a.slot) for a in project.animals.all()] == [("animal 1", 0)]

    def test_addresses_are_unique_and_never_that_of_the_form(self) -> None:
        slugs = [make_project(name=name).slug for name in ("Mice", "mice", "New", "小鼠", "小鼠")]
        assert len(set(slugs)) == 5
        assert "new" not in slugs
        assert all(slugs)

    def test_is_a_right_of_the_account(self) -> None:
        with pytest.raises(Forbidden, match="Ask an administrator of the site"):
            project_create(name="Mine", skeleton=MOUSE, by=make_user())
        with pytest.raises(Forbidden):
            project_create(
                name="Mine", skeleton=MOUSE, by=make_user(may_create_projects=True, is_active=False)
            )
        assert not Project.objects.exists()

    @pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x00b", "a\ud800b"])
    def test_a_name_that_cannot_be_shown_is_refused(self, name: str) -> None:
        with pytest.raises(BadProject):
            make_project(name=name)
        assert not Project.objects.exists()


class TestReading:
    def test_a_stranger_sees_nothing(self) -> None:
        project, stranger = make_project(), make_user()
        assert project_rows(visible_to=stranger) == []
        with pytest.raises(NotFound):
            project_get(pk=project.pk, visible_to=stranger)
        with pytest.raises(NotFound):
            project_by_slug(slug=project.slug, visible_to=stranger)

    def test_counts_frames_once_however_many_animals_they_show(self) -> None:
        project = make_project()
        animals_ensure(project=project, count=2, by=owner_of(project))
        label(project, [True, False, False, False])
        label(project, [True, False, False, False], slot=1)
        label(project, [True, True, False, False], frame_index=7)
        label(project, [False] * 4, frame_index=8)
        make_job(project)
        expected = ProjectCounts(recordings=1, labelled_frames=2, models=0, running_jobs=1)
        assert project_counts(project=project) == expected
        row = project_rows(visible_to=owner_of(project))[0]
        assert (row.role, row.counts) == ("owner", expected)

    def test_counts_of_one_project_are_not_those_of_another(self) -> None:
        busy, quiet = make_project(), make_project()
        label(busy, [True] * 4)
        assert project_counts(project=quiet).labelled_frames == 0


class TestSkeleton:
    def replace(self, project: Project, *keypoints: str) -> int:
        definition = Skeleton(keypoints=keypoints)
        return skeleton_replace(project=project, definition=definition, by=owner_of(project)).version

    def test_without_labels_anything_goes_and_old_versions_stay(self) -> None:
        project = make_project()
        assert self.replace(project, "snout") == 2
        assert project.skeletons.get(version=1).noun == MOUSE

    def test_the_same_again_makes_no_version(self) -> None:
        project = make_project()
        assert skeleton_replace(project=project, definition=MOUSE, by=owner_of(project)).version == 1

    def test_keypoints_are_added_at_the_end(self) -> None:
        project = make_project()
        label(project, [True] * 4)
        assert self.replace(project, *MOUSE.keypoints, "tail tip") == 2

    @pytest.mark.parametrize(
        "keypoints",
        [
            ("nose", "left ear", "right ear"),
            ("left ear", "nose", "right ear", "tail base"),
            ("snout", "left ear", "right ear", "tail base"),
            ("tail tip", "nose", "left ear", "right ear", "tail base"),
        ],
        ids=["dropped", "swapped", "renamed", "inserted"],
    )
    def test_labels_are_never_lost_or_moved(self, keypoints: tuple[str, ...]) -> None:
        project = make_project()
        label(project, [True] * 4)
        with pytest.raises(SkeletonInUse) as caught:
            self.replace(project, *keypoints)
        assert caught.value.data["keypoints"]
        assert project.skeleton.version == 1

    def test_a_keypoint_that_nobody_placed_may_go(self) -> None:
        project = make_project()
        label(project, [True, True, True, False])
        assert self.replace(project, "nose", "left ear", "right ear") == 2

    def test_an_annotator_may_not(self) -> None:
        project = make_project()
        with pytest.raises(Forbidden):
            skeleton_replace(
                project=project, definition=Skeleton(keypoints=("a",)), by=add_member(project, Role.ANNOTATOR)
            )


class TestAnimals:
    def test_fill_the_free_slots_with_colours_of_their_own(self) -> None:
        project = make_project()
        animals = animals_ensure(project=project, count=3, by=owner_of(project))
        assert [(a.name, a.slot) for a in animals] == [("animal 1", 0), ("animal 2", 1), ("animal 3", 2)]
        assert len({a.colour for a in animals}) == 3
        assert animals_ensure(project=project, count=2, by=owner_of(project)) == animals

    def test_names_are_unique(self) -> None:
        project = make_project()
        first, second = animals_ensure(project=project, count=2, by=owner_of(project))
        with pytest.raises(NameTaken):
            animal_rename(animal=second, name=first.name, by=owner_of(project))


class TestChangeAndDelete:
    def test_a_new_name_keeps_the_address(self) -> None:
        project = make_project()
        slug = project.slug
        project_update(project=project, name="Other", by=owner_of(project))
        assert Project.objects.get().slug == slug

    def test_not_while_jobs_run(self) -> None:
        project = make_project()
        job = make_job(project)
        with pytest.raises(ProjectBusy):
            project_delete(project=project, by=owner_of(project))
        job_cancel(job=job, by=owner_of(project))
        label(project, [True] * 4)
        project_delete(project=project, by=owner_of(project))
        assert not Project.objects.exists()

    def test_ends_the_invitations_that_led_only_there(self) -> None:
        project, other = make_project(), make_project()
        for email, where in (("gone@lab.org", [project]), ("stays@lab.org", [project, other])):
            for each in where:
                member_invite(project=each, email=email, role=Role.VIEWER, by=owner_of(each))
        project_delete(project=project, by=owner_of(project))
        assert [link.user.email for link in SignInLink.objects.all()] == ["stays@lab.org"]

    def test_only_by_an_owner(self) -> None:
        project = make_project()
        with pytest.raises(Forbidden):
            project_delete(project=project, by=add_member(project, Role.MANAGER))
