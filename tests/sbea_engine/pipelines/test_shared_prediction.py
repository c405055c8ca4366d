"""One video by several workers: the same numbers as by one, whoever is lost on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from sbea_engine.errors import Cancelled
from sbea_engine.io.poses_store import BadPosesStore, open_poses
from sbea_engine.pipelines import shared_prediction
from sbea_engine.pipelines.pose import train_and_evaluate
from sbea_engine.pipelines.pose_video import answers_to, predict_video
from sbea_engine.pipelines.shared_prediction import SharedPrediction, Split, read_part, write_part
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import load
from sbea_engine.progress import Progress
from sbea_engine.video.reader import open_frames
from tests.fixtures.blobs import write_pair, write_scene

CHUNK, RANGE_CHUNKS = 4, 2  # ranges of eight frames
pytestmark = pytest.mark.slow

FRAMES = 37


class MemoryRanges:
    """Claims of the workers of one process. A worker in `silent` has died: what it holds is anybody's."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.held: dict[int, str] = {}
        self.done: set[int] = set()
        self.frames: dict[int, int] = {}
        self.silent: set[str] = set()
        self.claims: list[tuple[str, int]] = []
        self.stopped = False

    def of(self, name: str) -> Worker:
        return Worker(self, name)


class Worker:
    """What one worker sees of them."""

    def __init__(self, all_of_it: MemoryRanges, name: str) -> None:
        self._all, self._name = all_of_it, name

    def lay_out(self, count: int) -> None:
        self._all.count = count

    def claim(self, number: int | None = None) -> int | None:
        ranges = self._all
        with ranges.lock:
            wanted = range(ranges.count) if number is None else [number]
            for one in wanted:
                holder = ranges.held.get(one)
                if one not in ranges.done and (holder is None or holder in ranges.silent):
                    ranges.held[one] = self._name
                    ranges.claims.append((self._name, one))
                    return one
        return None

    def hold(self, number: int, frames: int) -> None:
        self._all.frames[number] = frames
        lost = self._all.stopped or self._all.held.get(number) != self._name
        if lost and self._name != "leader":
            raise Cancelled

    def finish(self, number: int) -> None:
        with self._all.lock:
            self._all.done.add(number)
            self._all.held.pop(number, None)

    def let_go(self, number: int) -> None:
        with self._all.lock:
            if self._all.held.get(number) == self._name:
                del self._all.held[number]

    def reopen(self, number: int) -> None:
        self._all.done.discard(number)

    def finished(self, number: int) -> bool:
        return number in self._all.done

    def frames_ahead(self, number: int) -> int:
        return sum(frames for one, frames in list(self._all.frames.items()) if one > number)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_prediction, "WAIT_S", 0.01)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    labels = write_scene(tmp_path_factory.mktemp("labels"), 12)
    config = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=8)
    train_and_evaluate(labels, config, "none", folder)
    return folder


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("video"), FRAMES, seed=3).frames[0].path.parent


@pytest.fixture(scope="module")
def alone(model: Path, video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one run of one worker makes."""
    store = tmp_path_factory.mktemp("alone") / "poses"
    predict_video(model, video, store, threads=1, chunk=CHUNK)
    return store


@pytest.fixture
def worker(model: Path, video: Path, tmp_path: Path) -> Callable[..., SharedPrediction]:
    def make(ranges: MemoryRanges, name: str) -> SharedPrediction:
        return SharedPrediction(
            model,
            video,
            ranges.of(name),
            tmp_path / "parts",
            threads=1,
            chunk=CHUNK,
            range_chunks=RANGE_CHUNKS,
        )

    return make


Make = Callable[[MemoryRanges, str], SharedPrediction]


def assert_same(store: Path, alone: Path) -> None:
    found, wanted = open_poses(store), open_poses(alone)
    assert found.complete
    assert found.provenance == wanted.provenance
    np.testing.assert_array_equal(found.window().points_px, wanted.window().points_px)
    np.testing.assert_array_equal(found.window().confidence, wanted.window().confidence)


def test_alone_it_is_one_run(worker: Make, alone: Path, tmp_path: Path) -> None:
    ranges = MemoryRanges()
    seen: list[int] = []
    result = worker(ranges, "leader").lead(tmp_path / "poses", on_progress=lambda p: seen.append(p.done))
    assert (result.frame_count, result.predicted_now) == (FRAMES, FRAMES)
    assert_same(tmp_path / "poses", alone)
    assert seen == sorted(seen)
    assert seen[-1] == FRAMES
    assert not (tmp_path / "parts").exists(), "it wrote straight into the store"


def test_with_helpers(worker: Make, alone: Path, tmp_path: Path) -> None:
    ranges = MemoryRanges()
    leader, helpers = worker(ranges, "leader"), [worker(ranges, f"helper {i}") for i in range(2)]
    begun = threading.Event()

    def help_on(helper: SharedPrediction) -> None:
        begun.wait(20)
        while helper.help() is not None:
            pass

    threads = [threading.Thread(target=help_on, args=(helper,)) for helper in helpers]
    for thread in threads:
        thread.start()
    told: list[int] = []

    def begin(count: int) -> None:
        told.append(count)
        begun.set()

    leader.lead(tmp_path / "poses", on_begin=begin)
    for thread in threads:
        thread.join()
    assert told == [5]
    assert sorted(number for _, number in ranges.claims) == [0, 1, 2, 3, 4], "each was done once"
    assert len({name for name, _ in ranges.claims}) > 1, "somebody helped"
    assert not list((tmp_path / "parts").iterdir())
    assert_same(tmp_path / "poses", alone)


def stop_after(frames: int) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        if progress.done >= frames:
            raise Cancelled

    return report


class TestLost:
    def test_a_helper_that_dies_with_a_range(self, worker: Make, alone: Path, tmp_path: Path) -> None:
        ranges = MemoryRanges()
        ranges.count = 5
        assert ranges.of("helper").claim(1) == 1
        ranges.silent.add("helper")
        worker(ranges, "leader").lead(tmp_path / "poses")
        assert ("leader", 1) in ranges.claims
        assert_same(tmp_path / "poses", alone)

    def test_a_leader_that_dies_in_the_middle_of_a_range(
        self, worker: Make, alone: Path, tmp_path: Path
    ) -> None:
        ranges = MemoryRanges()
        with pytest.raises(Cancelled):
            worker(ranges, "leader").lead(tmp_path / "poses", on_progress=stop_after(14))
        done = open_poses(tmp_path / "poses").frames_done
        assert done % CHUNK == 0
        assert worker(ranges, "helper").help() == 1, "while nobody leads, ranges are still done"
        result = worker(ranges, "leader").lead(tmp_path / "poses")
        assert result.predicted_now == FRAMES - done
        assert_same(tmp_path / "poses", alone)

    def test_a_part_that_is_gone_is_made_again(self, worker: Make, alone: Path, tmp_path: Path) -> None:
        ranges = MemoryRanges()
        ranges.count = 5
        for _ in range(3):
            worker(ranges, "helper").help()
        (tmp_path / "parts" / "000001.npz").unlink()
        (tmp_path / "parts" / "000002.npz").write_bytes(b"half a file")
        worker(ranges, "leader").lead(tmp_path / "poses")
        assert_same(tmp_path / "poses", alone)

    def test_a_helper_stops_when_the_work_does(self, worker: Make, tmp_path: Path) -> None:
        ranges = MemoryRanges()
        ranges.count, ranges.stopped = 5, True
        with pytest.raises(Cancelled):
            worker(ranges, "helper").help()
        assert ranges.held == {}
        assert not (tmp_path / "parts").exists()


def test_nothing_is_left_to_help_with(worker: Make, tmp_path: Path) -> None:
    ranges = MemoryRanges()
    worker(ranges, "leader").lead(tmp_path / "poses")
    assert worker(ranges, "helper").help() is None


def test_a_store_of_another_run_is_refused(worker: Make, model: Path, video: Path, tmp_path: Path) -> None:
    predict_video(model, video, tmp_path / "poses", threads=1, chunk=CHUNK + 1)
    with pytest.raises(BadPosesStore, match="chunk"):
        worker(MemoryRanges(), "leader").lead(tmp_path / "poses")


def test_animals_that_keep_their_places_are_followed_by_one_worker(tmp_path: Path) -> None:
    labels = write_pair(tmp_path / "pair", 12)
    config = PoseConfig(preset="tiny", family="bottom_up", threads=1, device="cpu", iterations=20)
    train_and_evaluate(labels, config, "none", tmp_path / "model")
    ranges = MemoryRanges()
    counts: list[int] = []
    shared = SharedPrediction(
        tmp_path / "model", tmp_path / "pair", ranges.of("leader"), tmp_path / "parts", threads=1, chunk=4
    )
    shared.lead(tmp_path / "poses", on_begin=counts.append)
    assert counts == [1]
    assert ranges.claims == [("leader", 0)]


@pytest.mark.parametrize(("frames", "count", "last"), [(0, 1, (0, 0)), (8, 1, (0, 8)), (9, 2, (8, 9))])
def test_ranges_cover_the_video(frames: int, count: int, last: tuple[int, int]) -> None:
    split = Split(frame_count=frames, frames=8)
    assert (split.count, split.span(split.count - 1)) == (count, last)


def test_a_part_of_other_work_is_not_taken(tmp_path: Path) -> None:
    points, confidence = np.zeros((3, 1, 2, 2), np.float32), np.zeros((3, 1, 2), np.float32)
    write_part(tmp_path / "p.npz", points, confidence, {"model": "a", "start": 8})
    assert read_part(tmp_path / "p.npz", {"model": "a", "start": 8}, 3) is not None
    assert read_part(tmp_path / "p.npz", {"model": "b", "start": 8}, 3) is None
    assert read_part(tmp_path / "p.npz", {"model": "a", "start": 0}, 3) is None
    assert read_part(tmp_path / "p.npz", {"model": "a", "start": 8}, 4) is None
    assert read_part(tmp_path / "q.npz", {"model": "a", "start": 8}, 3) is None


def test_a_run_that_was_stopped_gives_the_numbers_of_one_that_was_not(
    model: Path, video: Path, alone: Path, tmp_path: Path
) -> None:
    """Batches end with chunks, so that it does not matter where a run began; else ten are a batch."""
    with pytest.raises(Cancelled):
        predict_video(
            model, video, tmp_path / "poses", threads=1, chunk=CHUNK, on_progress=stop_after(CHUNK + 2)
        )
    predict_video(model, video, tmp_path / "poses", threads=1, chunk=CHUNK)
    assert_same(tmp_path / "poses", alone)


def test_animals_keep_their_places_where_a_stopped_run_goes_on(tmp_path: Path) -> None:
    """Frames that are in the store already are looked at once more: their places are those of the rest."""
    labels = write_pair(tmp_path / "pair", 12)
    config = PoseConfig(preset="tiny", family="bottom_up", threads=1, device="cpu", iterations=20)
    train_and_evaluate(labels, config, "none", tmp_path / "model")
    model = load(tmp_path / "model", threads=1)
    looked_at: list[int] = []

    class Counted:
        tells_individuals_apart = model.tells_individuals_apart

        @staticmethod
        def predict_stream(images: Iterator[np.ndarray]) -> Generator[tuple[np.ndarray, np.ndarray]]:
            for points, confidence in model.predict_stream(images):
                looked_at.append(len(points))
                yield points, confidence

    with open_frames(tmp_path / "pair") as reader:
        whole = list(answers_to(model, reader, 0, 12, 4))
        behind = list(answers_to(Counted(), reader, 8, 12, 4))  # type: ignore[arg-type]
    assert sum(looked_at) == 12
    straight, rest = (np.concatenate([points for points, _ in some]) for some in (whole, behind))
    np.testing.assert_array_equal(rest, straight[8:])
