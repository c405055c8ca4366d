"""Saving labels: merged by keypoint, once each, with a log, whoever writes at the same time."""

from __future__ import annotations

import random
import threading
import uuid
from typing import Any

import pytest
from django.db import connection

from tests.webapp.factories import add_member, make_project, owner_of
from tests.webapp.recordings.factories import pretend_video
from webapp.accounts.models import Role, User
from webapp.annotation.keypoints import Change, VisibilityName
from webapp.annotation.models import Instance, Operation
from webapp.annotation.operations import LabelOperation, OperationStatus, Outcome, operations_apply
from webapp.api.errors import Forbidden, NotFound
from webapp.projects.models import Animal
from webapp.recordings.errors import VideoNotReady
from webapp.recordings.models import Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def video() -> Video:
    return pretend_video(make_project())


@pytest.fixture
def ada(video: Video) -> User:
    return owner_of(video.recording.project)


@pytest.fixture
def ben(video: Video) -> User:
    return add_member(video.recording.project, Role.ANNOTATOR)


def animal_of(video: Video) -> Animal:
    return video.recording.project.animals.get()


def place(video: Video, x: float = 10, y: float = 20, **fields: Any) -> LabelOperation:
    change = fields.pop("change", Change(x=x, y=y, visibility=VisibilityName.VISIBLE))
    values = {"uuid": uuid.uuid4(), "frame_index": 5, "base_rev": 0, "keypoint": 0}
    values |= {"animal_id": animal_of(video).pk, **fields}
    return LabelOperation(change=change, **values)  # type: ignore[arg-type]


def apply(video: Video, by: User, *operations: LabelOperation) -> list[Outcome]:
    return operations_apply(video=video, operations=operations, by=by)


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status.value for outcome in outcomes]


class TestPlacing:
    def test_first_keypoint_makes_the_instance(self, video: Video, ada: User) -> None:
        (outcome,) = apply(video, ada, place(video, 10.5, 20.25))
        instance = Instance.objects.get()
        assert (outcome.status, outcome.rev, instance.rev) == (OperationStatus.APPLIED, 1, 1)
        assert len(instance.keypoints) == 4
        assert instance.keypoints[0] == {
            "x": 10.5,
            "y": 20.25,
            "visibility": "visible",
            "origin": "human",
            "sigma_px": None,
        }
        assert instance.keypoints[1]["visibility"] == "unlabelled"
        assert (instance.placed_count, instance.decided_count) == (1, 1)

    def test_move_and_remove_are_in_the_log(self, video: Video, ada: User) -> None:
        gone = Change(x=None, y=None, visibility=VisibilityName.UNLABELLED)
        apply(video, ada, place(video, 1, 1))
        apply(video, ada, place(video, 2, 2, base_rev=1))
        apply(video, ada, place(video, base_rev=2, change=gone))
        log = list(Operation.objects.order_by("rev"))
        assert [row.rev for row in log] == [1, 2, 3]
        assert [(row.before["x"], row.after["x"]) for row in log] == [(None, 1), (1, 2), (2, None)]
        assert all(row.user == ada for row in log)
        assert (Instance.objects.get().placed_count, Instance.objects.get().rev) == (0, 3)

    def test_replaying_the_log_gives_the_instance(self, video: Video, ada: User, ben: User) -> None:
        chance = random.Random(1)
        for _ in range(60):
            rev = Instance.objects.get().rev if Instance.objects.exists() else 0
            by = chance.choice([ada, ben])
            operation = place(
                video,
                chance.uniform(0, 190),
                5,
                keypoint=chance.randrange(4),
                base_rev=chance.randint(0, rev),
            )
            apply(video, by, operation)
        instance = Instance.objects.get()
        replayed: list[Any] = [None] * 4
        for row in Operation.objects.order_by("rev"):
            assert replayed[row.keypoint] is None or replayed[row.keypoint] == row.before
            replayed[row.keypoint] = row.after
        assert [k for k in replayed if k] == [
            k for k in instance.keypoints if k["visibility"] != "unlabelled"
        ]
        assert instance.rev == Operation.objects.count()


class TestMerging:
    def test_other_keypoints_merge_however_old_the_base(self, video: Video, ada: User, ben: User) -> None:
        apply(video, ada, place(video, keypoint=0), place(video, keypoint=1, base_rev=1))
        (outcome,) = apply(video, ben, place(video, keypoint=2, base_rev=0))
        assert (outcome.status, outcome.rev) == (OperationStatus.APPLIED, 3)

    def test_the_same_keypoint_is_a_conflict_with_both_values(
        self, video: Video, ada: User, ben: User
    ) -> None:
        apply(video, ada, place(video, 1, 1))
        (outcome,) = apply(video, ben, place(video, 9, 9))
        assert outcome.status == OperationStatus.CONFLICT
        assert outcome.theirs is not None
        assert outcome.theirs["x"] == 1
        assert outcome.rev == 1
        assert Instance.objects.get().keypoints[0]["x"] == 1
        assert Operation.objects.count() == 1

    def test_settled_on_top_of_the_other(self, video: Video, ada: User, ben: User) -> None:
        apply(video, ada, place(video, 1, 1))
        mine = place(video, 9, 9)
        apply(video, ben, mine)
        (outcome,) = apply(video, ben, place(video, 9, 9, base_rev=1, uuid=mine.uuid))
        assert outcome.status == OperationStatus.APPLIED
        assert Instance.objects.get().keypoints[0]["x"] == 9

    def test_both_chose_the_same(self, video: Video, ada: User, ben: User) -> None:
        apply(video, ada, place(video, 1, 1))
        assert statuses(apply(video, ben, place(video, 1, 1))) == ["applied"]

    def test_ones_own_chain_in_one_request(self, video: Video, ada: User) -> None:
        first, second = place(video, 1, 1), place(video, 2, 2)
        assert statuses(apply(video, ada, first, second)) == ["applied", "applied"]

    def test_the_chain_is_sent_again_after_a_lost_answer(self, video: Video, ada: User) -> None:
        first, second = place(video, 1, 1), place(video, 2, 2)
        apply(video, ada, first)
        assert statuses(apply(video, ada, first, second)) == ["duplicate", "applied"]

    def test_a_forgotten_tab_of_the_same_person_conflicts_too(self, video: Video, ada: User) -> None:
        apply(video, ada, place(video, 1, 1))
        assert statuses(apply(video, ada, place(video, 2, 2))) == ["conflict"]

    def test_nothing_after_a_conflict_is_applied(self, video: Video, ada: User, ben: User) -> None:
        apply(video, ada, place(video, 1, 1))
        outcomes = apply(video, ben, place(video, keypoint=1), place(video, 9, 9), place(video, keypoint=3))
        assert statuses(outcomes) == ["applied", "conflict", "skipped"]
        assert [k["visibility"] for k in Instance.objects.get().keypoints] == [
            "visible",
            "visible",
            "unlabelled",
            "unlabelled",
        ]


class TestOnce:
    def test_the_same_operation_again(self, video: Video, ada: User) -> None:
        operation = place(video)
        apply(video, ada, operation)
        apply(video, ada, place(video, 3, 3, base_rev=1))
        (outcome,) = apply(video, ada, operation)
        assert (outcome.status, outcome.rev) == (OperationStatus.DUPLICATE, 1)
        assert Instance.objects.get().keypoints[0]["x"] == 3
        assert Operation.objects.count() == 2

    @pytest.mark.parametrize(
        "other",
        [{"x": 11.0}, {"keypoint": 1}, {"frame_index": 6}, {"base_rev": 1}],
        ids=lambda o: next(iter(o)),
    )
    def test_the_same_uuid_with_other_content(self, video: Video, ada: User, other: dict[str, Any]) -> None:
        operation = place(video)
        apply(video, ada, operation)
        (outcome,) = apply(video, ada, place(video, uuid=operation.uuid, **other))
        assert outcome.status == OperationStatus.REFUSED
        assert "uuid" in outcome.reason
        assert Operation.objects.count() == 1

    def test_the_uuid_of_somebody_else(self, video: Video, ada: User, ben: User) -> None:
        operation = place(video)
        apply(video, ada, operation)
        assert statuses(apply(video, ben, operation)) == ["refused"]

    def test_the_uuid_of_another_project(self, video: Video, ada: User) -> None:
        operation = place(video)
        apply(video, ada, operation)
        other = pretend_video(make_project())
        (outcome,) = apply(other, owner_of(other.recording.project), place(other, uuid=operation.uuid))
        assert (outcome.status, outcome.instance) == (OperationStatus.REFUSED, None)


class TestRefusals:
    @pytest.mark.parametrize(
        "fields",
        [
            {"frame_index": 100},
            {"keypoint": 4},
            {"animal_id": 10**9},
            {"x": 1000.0},
            {"x": float("nan")},
            {"base_rev": 1},
        ],
        ids=lambda f: next(iter(f)),
    )
    def test_what_does_not_exist(self, video: Video, ada: User, fields: dict[str, Any]) -> None:
        (outcome,) = apply(video, ada, place(video, **fields))
        assert outcome.status == OperationStatus.REFUSED
        assert outcome.reason
        assert not Instance.objects.exists()

    def test_the_animal_of_another_project(self, video: Video, ada: User) -> None:
        foreign = make_project().animals.get()
        assert statuses(apply(video, ada, place(video, animal_id=foreign.pk))) == ["refused"]

    def test_one_refusal_does_not_stop_the_rest(self, video: Video, ada: User) -> None:
        assert statuses(apply(video, ada, place(video, keypoint=9), place(video))) == ["refused", "applied"]

    def test_viewers_and_strangers(self, video: Video) -> None:
        with pytest.raises(Forbidden):
            apply(video, add_member(video.recording.project, Role.VIEWER), place(video))
        with pytest.raises(NotFound):
            apply(video, owner_of(make_project()), place(video))

    @pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR])
    def test_everybody_else_may_label(self, video: Video, role: Role) -> None:
        member = add_member(video.recording.project, role)
        assert statuses(apply(video, member, place(video))) == ["applied"]

    def test_before_the_video_is_ready(self, video: Video, ada: User) -> None:
        video.state = Video.State.INGESTING
        with pytest.raises(VideoNotReady):
            apply(video, ada, place(video))


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    """Real threads with connections of their own; the same on SQLite and PostgreSQL."""

    @staticmethod
    def run(*jobs: Any) -> None:
        """Start all at once and raise what any of them raised."""
        gate = threading.Barrier(len(jobs))
        faults: list[BaseException] = []

        def body(job: Any) -> None:
            try:
                gate.wait(30)
                job()
            except BaseException as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=body, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]

    def test_different_keypoints_of_one_new_instance(self, video: Video, ada: User) -> None:
        people = [ada, *(add_member(video.recording.project, Role.ANNOTATOR) for _ in range(3))]
        animal_of(video)
        outcomes: list[Outcome] = []

        def work(by: User, keypoint: int) -> Any:
            operations = [
                place(video, 10 * n, keypoint, keypoint=keypoint, frame_index=f)
                for f in range(5)
                for n in (1,)
            ]
            return lambda: outcomes.extend(apply(video, by, *operations))

        self.run(*(work(by, keypoint) for keypoint, by in enumerate(people)))
        assert {outcome.status for outcome in outcomes} == {OperationStatus.APPLIED}
        assert Instance.objects.count() == 5
        for instance in Instance.objects.all():
            assert (instance.rev, instance.placed_count) == (4, 4)
            assert [k["y"] for k in instance.keypoints] == [0, 1, 2, 3]
            assert [row.rev for row in instance.operations.order_by("rev")] == [1, 2, 3, 4]

    def test_one_keypoint_is_won_once(self, video: Video, ada: User, ben: User) -> None:
        outcomes: list[Outcome] = []
        jobs = [
            (lambda by=by, x=x: outcomes.extend(apply(video, by, place(video, x, 1))))
            for by, x in ((ada, 10.0), (ben, 20.0))
        ]
        self.run(*jobs)
        assert sorted(statuses(outcomes)) == ["applied", "conflict"]
        assert Operation.objects.count() == 1
        winner = next(o for o in outcomes if o.status == OperationStatus.APPLIED)
        assert Instance.objects.get().keypoints[0]["x"] == winner.operation.change.x

    def test_the_same_operation_from_two_connections(self, video: Video, ada: User) -> None:
        operation = place(video)
        outcomes: list[Outcome] = []
        self.run(*[lambda: outcomes.extend(apply(video, ada, operation)) for _ in range(3)])
        assert sorted(statuses(outcomes)) == ["applied", "duplicate", "duplicate"]
        assert Operation.objects.count() == 1
