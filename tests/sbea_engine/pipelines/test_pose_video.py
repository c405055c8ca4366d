"""What a poses store keeps of its video's rate, however it was made; the model here looks at nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sbea_engine.data import Skeleton
from sbea_engine.errors import Cancelled
from sbea_engine.io import nwb
from sbea_engine.io.poses_store import BadPosesStore, PosesWriter, open_poses
from sbea_engine.pipelines import pose_video, shared_prediction
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pipelines.shared_prediction import SharedPrediction
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.reader import open_frames
from tests.fixtures.barcode import write_barcode_video
from tests.fixtures.blobs import write_scene

FRAMES, CHUNK = 10, 4


class Blind:
    """A model whose point of frame n, counted from where it began to look, is (0, 0)."""

    tells_individuals_apart = True
    looks_into_boxes = False
    config = SimpleNamespace(context_frames=0)
    skeleton_ = Skeleton(keypoints=("nose",))
    individuals_ = ("ann",)
    provenance: dict[str, Any] = {"weights_sha256": "0" * 64}

    @staticmethod
    def predict_stream(images: Iterator[Any]) -> Generator[tuple[Any, Any]]:
        for _ in images:
            yield np.zeros((1, 1, 1, 2), np.float32), np.ones((1, 1, 1), np.float32)

    predict_film = predict_stream


class AllFree:
    """Nobody else works on it."""

    def __init__(self) -> None:
        self.done: set[int] = set()
        self.count = 2

    def lay_out(self, count: int) -> None:
        self.count = count

    def claim(self, number: int | None = None) -> int | None:
        free = [n for n in range(self.count) if n not in self.done]
        return (free[0] if free else None) if number is None else number

    def hold(self, number: int, frames: int) -> None:
        pass

    def let_go(self, number: int) -> None:
        pass

    def finish(self, number: int) -> None:
        self.done.add(number)

    def reopen(self, number: int) -> None:
        raise AssertionError("the part of a helper was not taken")

    def finished(self, number: int) -> bool:
        return number in self.done

    def frames_ahead(self, number: int) -> int:
        return 0


Predict = Callable[..., None]


def _alone(video: Path, store: Path, on_progress: OnProgress = ignore) -> None:
    predict_video(Path("model"), video, store, chunk=CHUNK, on_progress=on_progress)


def _shared(video: Path, store: Path, on_progress: OnProgress = ignore) -> None:
    work = SharedPrediction(
        Path("model"), video, AllFree(), store.with_name("parts"), chunk=CHUNK, range_chunks=2
    )
    work.lead(store, on_progress=on_progress)


@pytest.fixture(autouse=True)
def _blind(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pose_video, shared_prediction):
        monkeypatch.setattr(module, "load", lambda *_, **__: Blind())


@pytest.fixture(params=[_alone, _shared], ids=["alone", "shared"])
def predict(request: pytest.FixtureRequest) -> Predict:
    made: Predict = request.param
    return made


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_barcode_video(tmp_path / "cam.mp4", FRAMES, fps=25)


def test_the_rate_of_a_video_stands_in_its_store(predict: Predict, video: Path, tmp_path: Path) -> None:
    predict(video, tmp_path / "poses")
    assert open_poses(tmp_path / "poses").provenance["fps"] == 25


@pytest.mark.parametrize("kind", ["one frame is dropped", "pictures"])
def test_no_rate_that_is_none(predict: Predict, tmp_path: Path, kind: str) -> None:
    if kind == "pictures":
        video = write_scene(tmp_path / "scene", FRAMES).frames[0].path.parent
    else:
        times = [n + (n > 4) for n in range(FRAMES)]
        video = write_barcode_video(tmp_path / "cam.mp4", FRAMES, times=times)
    predict(video, tmp_path / "poses")
    assert "fps" not in open_poses(tmp_path / "poses").provenance


def stop(progress: Progress) -> None:
    if progress.done >= CHUNK:
        raise Cancelled


def test_a_run_that_was_stopped_goes_on(predict: Predict, video: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        predict(video, tmp_path / "poses", stop)
    predict(video, tmp_path / "poses")
    assert open_poses(tmp_path / "poses").complete
    assert open_poses(tmp_path / "poses").provenance["fps"] == 25


def test_a_store_that_an_earlier_version_began_goes_on_without_its_rate(
    predict: Predict, video: Path, tmp_path: Path
) -> None:
    predict(video, tmp_path / "new")
    facts = {k: v for k, v in open_poses(tmp_path / "new").provenance.items() if k != "fps"}
    old = PosesWriter(tmp_path / "poses", Blind.skeleton_, Blind.individuals_, FRAMES, CHUNK, facts)
    old.append(np.ones((CHUNK, 1, 1, 2)), np.ones((CHUNK, 1, 1)))
    predict(video, tmp_path / "poses")
    store = open_poses(tmp_path / "poses")
    assert (store.complete, store.provenance) == (True, facts)
    assert (store.window().points_px[:CHUNK] == 1).all(), "what was there stayed"


def test_a_store_of_another_rate_is_of_another_run(predict: Predict, video: Path, tmp_path: Path) -> None:
    predict(video, tmp_path / "new")
    facts = {**open_poses(tmp_path / "new").provenance, "fps": 24}
    PosesWriter(tmp_path / "poses", Blind.skeleton_, Blind.individuals_, FRAMES, CHUNK, facts)
    with pytest.raises(BadPosesStore, match="provenance differ"):
        predict(video, tmp_path / "poses")


def test_parts_of_helpers_are_taken(video: Path, tmp_path: Path) -> None:
    ranges = AllFree()
    work = SharedPrediction(Path("model"), video, ranges, tmp_path / "parts", chunk=CHUNK, range_chunks=2)
    assert [work.help(), work.help(), work.help()] == [0, 1, None]
    work.lead(tmp_path / "poses")
    assert open_poses(tmp_path / "poses").provenance["fps"] == 25


@pytest.mark.filterwarnings("ignore::Warning")
def test_seconds_reach_an_nwb_file(predict: Predict, tmp_path: Path) -> None:
    from pynwb import NWBHDF5IO

    video = write_barcode_video(tmp_path / "Night 1.mkv", FRAMES, fps=Fraction(30000, 1001))
    with open_frames(video) as reader:
        fps = reader.info.fps
    predict(video, tmp_path / "poses")
    poses = open_poses(tmp_path / "poses").window()
    (file,) = nwb.write_poses(tmp_path / "out", poses, name="night", scorer="Net")
    with NWBHDF5IO(str(file), "r") as io:
        estimate = io.read().processing["behavior"]["ann"]
        np.testing.assert_allclose(
            estimate["nose"].timestamps[:], np.arange(FRAMES) * 1001 / 30000, rtol=1e-3
        )
        assert estimate.source_video.rate == fps
        assert estimate.source_video.external_file[0] == "Night 1.mkv"
