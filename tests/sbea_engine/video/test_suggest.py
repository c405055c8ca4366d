from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import PIL.Image
import pytest

import sbea_engine.video.suggest as suggest
from sbea_engine.errors import BadInput, Cancelled
from sbea_engine.progress import Progress
from sbea_engine.video import make_proxy, open_frames, suggest_frames
from tests.fixtures.barcode import write_barcode_video


def write_scenes(folder: Path, grey_of: Callable[[int], int], frames: int) -> Path:
    """Images of a square on a dark ground; its place says which of the scenes a frame belongs to."""
    folder.mkdir()
    for n in range(frames):
        picture = np.full((60, 80, 3), 20, np.uint8)
        left = grey_of(n)
        picture[20:40, left : left + 15] = 220
        PIL.Image.fromarray(picture).save(folder / f"{n}.png")
    return folder


def spread(chosen: list[int]) -> int:
    return int(np.diff(chosen).min())


@pytest.fixture(scope="module", params=["mp4", "folder"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suggest")
    if request.param == "mp4":
        return write_barcode_video(folder / "v.mp4", 80, b_frames=2)
    return write_scenes(folder / "images", lambda n: n % 60, 80)


class TestEveryMethod:
    @pytest.mark.parametrize("method", get_args(suggest.Method))
    @pytest.mark.parametrize("count", [1, 7, 79, 200])
    def test_as_many_different_frames_as_there_are(self, path: Path, method: Any, count: int) -> None:
        chosen = suggest_frames(path, count, method=method, seed=1)
        indices = [s.index for s in chosen]
        assert len(set(indices)) == len(chosen) == min(count, 80)
        assert indices == sorted(indices)
        assert all(0 <= i < 80 and 0 <= s.score <= 1 for i, s in zip(indices, chosen, strict=True))

    @pytest.mark.parametrize("method", get_args(suggest.Method))
    def test_same_seed_same_frames(self, path: Path, method: Any) -> None:
        assert suggest_frames(path, 9, method=method, seed=3) == suggest_frames(
            path, 9, method=method, seed=3
        )


def test_kmeans_takes_one_frame_of_each_scene_even_of_a_rare_one(tmp_path: Path) -> None:
    """Three scenes, one of them 4 frames long: evenly spread frames would miss it."""
    scene = [0] * 70 + [30] * 4 + [60] * 46
    folder = write_scenes(tmp_path / "images", lambda n: scene[n] + n % 2, 120)
    for seed in range(3):
        chosen = suggest_frames(folder, 3, method="kmeans", seed=seed)
        assert {scene[s.index] for s in chosen} == {0, 30, 60}
        assert {s.method for s in chosen} == {"kmeans"}
        assert sum(s.score for s in chosen) == pytest.approx(1.0)
    assert {scene[s.index] for s in suggest_frames(folder, 3, method="uniform")} == {0, 60}


def test_motion_finds_the_moments_in_which_something_moves(tmp_path: Path) -> None:
    jumps = (25, 60, 101)
    folder = write_scenes(tmp_path / "images", lambda n: 20 * sum(n > j for j in jumps), 120)
    chosen = suggest_frames(folder, 3, method="motion")
    assert tuple(s.index for s in chosen) == jumps
    assert max(s.score for s in chosen) == 1.0


def test_motion_keeps_frames_apart(tmp_path: Path) -> None:
    """All movement is in one burst; the frames must still not be neighbours."""
    folder = write_scenes(tmp_path / "images", lambda n: n % 7 * 9 if 40 <= n < 80 else 0, 120)
    chosen = suggest_frames(folder, 4, method="motion")
    assert all(39 <= s.index < 80 for s in chosen if s.method == "motion")
    assert spread([s.index for s in chosen]) >= 7


def test_still_video_is_spread_evenly(tmp_path: Path) -> None:
    folder = write_scenes(tmp_path / "images", lambda _: 10, 50)
    for method in ("kmeans", "motion", "mixed"):
        chosen = suggest_frames(folder, 5, method=method)
        assert len(chosen) == 5
        assert spread([s.index for s in chosen]) >= 5


def test_mixed_holds_all_kinds(tmp_path: Path) -> None:
    folder = write_scenes(tmp_path / "images", lambda n: n % 60, 120)
    chosen = suggest_frames(folder, 12, method="mixed")
    kinds = [s.method for s in chosen]
    assert {k: kinds.count(k) for k in set(kinds)} == {"kmeans": 6, "motion": 3, "uniform": 3}


def test_uniform_decodes_nothing(tmp_path: Path) -> None:
    path = write_barcode_video(tmp_path / "v.mp4", 40)
    seen: list[Progress] = []
    chosen = suggest_frames(path, 4, method="uniform", on_progress=seen.append)
    assert [s.index for s in chosen] == [5, 15, 25, 35]
    assert seen == []


class TestLongVideo:
    def test_work_is_bounded_and_falls_on_key_frames(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(suggest, "SEQUENTIAL_FRAMES", 100)
        monkeypatch.setattr(suggest, "MIN_CANDIDATES", 20)
        path = write_barcode_video(tmp_path / "v.mp4", 500, gop=12)
        seen: list[Progress] = []
        chosen = suggest_frames(path, 2, seed=0, on_progress=seen.append)
        assert len(seen) == seen[-1].total <= 20
        assert all(s.index % 12 == 0 for s in chosen)

    def test_few_key_frames_do_not_narrow_the_choice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(suggest, "SEQUENTIAL_FRAMES", 100)
        path = write_barcode_video(tmp_path / "v.mp4", 300, gop=250)
        with open_frames(path) as reader:
            assert len(suggest._positions(reader, 10)) >= suggest.MIN_CANDIDATES - 2


def test_proxy_serves_as_source(tmp_path: Path) -> None:
    source = write_barcode_video(tmp_path / "v.mp4", 40)
    make_proxy(source, tmp_path / "proxy")
    assert len(suggest_frames(tmp_path / "proxy" / "proxy.mp4", 5)) == 5


def test_cancelled(tmp_path: Path) -> None:
    def stop(_: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        suggest_frames(write_barcode_video(tmp_path / "v.mp4", 20), 3, on_progress=stop)


@pytest.mark.parametrize("count", [0, -1, 10**9])
def test_count_out_of_range(count: int, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"count must be 1 to {suggest.MAX_CANDIDATES}; got {count}"):
        suggest_frames(tmp_path / "v.mp4", count)


def test_unknown_method(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="method must be one of kmeans, motion, uniform, mixed; got 'magic'"):
        suggest_frames(tmp_path / "v.mp4", 3, method="magic")  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1 << 32])
def test_seed_out_of_range(seed: int, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"seed must be 0 to 4294967295; got {seed}"):
        suggest_frames(tmp_path / "v.mp4", 3, seed=seed)
