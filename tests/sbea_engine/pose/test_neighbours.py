"""Which frames lie round a frame, and what is refused since nobody knows."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource
from sbea_engine.errors import BadInput
from sbea_engine.pose.neighbours import (
    NoNeighbours,
    between,
    check_film,
    neighbourhood,
    runs_of,
    window,
)
from sbea_engine.video import open_frames
from tests.fixtures.barcode import write_barcode_video
from tests.fixtures.blobs import write_scene


def test_at_the_edges_the_nearest_frame_is_taken_again() -> None:
    assert [window(i, 2, 9) for i in (0, 1, 4, 8)] == [
        [0, 0, 0, 1, 2], [0, 0, 1, 2, 3], [2, 3, 4, 5, 6], [6, 7, 8, 8, 8],
    ]  # fmt: skip
    assert window(0, 2, 1) == [0] * 5


class TestNeighbourhood:
    def test_each_frame_is_there_once(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "a.mp4", 12)
        sources = [FrameSource(video="a", index=i, path=path) for i in (5, 0, 7)]
        found = neighbourhood(sources, 2)
        assert found.sources[:3] == tuple(sources)
        indices = [source.index for source in found.sources]
        assert sorted(indices) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        assert [[indices[place] for place in row] for row in found.windows] == [
            [3, 4, 5, 6, 7], [0, 0, 0, 1, 2], [5, 6, 7, 8, 9],
        ]  # fmt: skip

    def test_two_videos_are_not_mixed(self, tmp_path: Path) -> None:
        paths = [write_barcode_video(tmp_path / f"{name}.mp4", 6) for name in "ab"]
        sources = [FrameSource(video=path.stem, index=3, path=path) for path in paths]
        found = neighbourhood(sources, 2)
        for source, row in zip(sources, found.windows, strict=True):
            assert {found.sources[place].path for place in row} == {source.path}

    def test_without_reach_nothing_is_opened(self, tmp_path: Path) -> None:
        sources = [FrameSource(video="a", index=3, path=tmp_path / "not there.png")]
        found = neighbourhood(sources, 0)
        assert (found.sources, found.windows.tolist()) == (tuple(sources), [[0]])

    def test_single_pictures_are_refused_by_name(self, tmp_path: Path) -> None:
        frames = write_scene(tmp_path / "labeled-data", 5).frames
        video = write_barcode_video(tmp_path / "a.mp4", 6)
        with pytest.raises(NoNeighbours) as caught:
            neighbourhood([FrameSource(video="a", index=3, path=video), *frames], 2)
        text = str(caught.value)
        assert "5 of 6 labelled frames are single pictures" in text
        assert f"frame 0 of 'scene' ({frames[0].path})" in text
        assert "and 2 more" in text
        assert "--context 0" in text

    def test_a_frame_beyond_the_end_is_named(self, tmp_path: Path) -> None:
        path = write_barcode_video(tmp_path / "a.mp4", 6)
        with pytest.raises(BadInput, match=r"frame 6 is labelled, but the video has 6 frames"):
            neighbourhood([FrameSource(video="a", index=6, path=path)], 2)


class TestCheckFilm:
    @staticmethod
    def check(path: Path) -> None:
        with open_frames(path) as reader:
            check_film(path, reader.info, 2)

    def test_a_video_and_a_folder_of_all_frames_pass(self, tmp_path: Path) -> None:
        self.check(write_barcode_video(tmp_path / "a.mp4", 6))
        write_scene(tmp_path / "film", 5)
        self.check(tmp_path / "film")

    def test_names_that_tell_nothing_pass(self, tmp_path: Path) -> None:
        write_scene(tmp_path / "film", 2)
        (tmp_path / "film" / "000.png").rename(tmp_path / "film" / "dawn.png")
        self.check(tmp_path / "film")

    def test_a_folder_of_chosen_frames_is_refused(self, tmp_path: Path) -> None:
        write_scene(tmp_path / "film", 6)
        (tmp_path / "film" / "003.png").unlink()
        with pytest.raises(NoNeighbours, match=r"004\.png comes after 002\.png"):
            self.check(tmp_path / "film")

    def test_a_picture_is_refused(self, tmp_path: Path) -> None:
        write_scene(tmp_path / "film", 1)
        with pytest.raises(NoNeighbours, match="single picture"):
            self.check(tmp_path / "film" / "000.png")


def test_runs_hold_all_windows_and_merge_where_these_meet() -> None:
    runs = runs_of([0, 5, 11, 19], 2, 20, Path("a.mp4"))
    assert [(run.first, run.stop, run.wanted.tolist()) for run in runs] == [
        (0, 8, [0, 5]), (9, 14, [11]), (17, 20, [19]),
    ]  # fmt: skip
    assert runs_of([], 2, 20, Path("a.mp4")) == []
    with pytest.raises(BadInput, match=r"a\.mp4: frame 20 is asked for"):
        runs_of([3, 20], 2, 20, Path("a.mp4"))


def test_answers_are_cut_to_the_frames_asked_for() -> None:
    def answers() -> Generator[tuple[np.ndarray, np.ndarray]]:
        for first in (10, 14, 18):
            frames = np.arange(first, first + 4, dtype=np.float32)
            yield frames, -frames

    found = list(between(answers(), 10, 12, 19))
    assert [at for at, _, _ in found] == [12, 14, 18]
    assert np.concatenate([points for _, points, _ in found]).tolist() == list(range(12, 19))
    assert [len(points) == len(confidence) for _, points, confidence in found] == [True] * 3
