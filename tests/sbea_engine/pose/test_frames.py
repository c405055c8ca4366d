"""Frames of labels are read whole, each file opened once, whatever the order of the labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Visibility
from sbea_engine.data.labels import BadLabels
from sbea_engine.errors import BadInput
from sbea_engine.pose import frames as frames_module
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.pose.families import FAMILY_FACTS
from sbea_engine.pose.frames import check_frames, check_points, read_frames, reading_order
from sbea_engine.progress import Progress
from sbea_engine.video import BadVideo, FrameReader, open_frames
from tests.fixtures.barcode import read_barcode, write_barcode_video
from tests.fixtures.blobs import NOSE_TAIL, write_pair, write_scene
from tests.fixtures.videos import damage_packet

WANTED = (17, 3, 29, 3 + 12)


@pytest.fixture
def sources(tmp_path: Path) -> list[FrameSource]:
    """Frames of two videos, mixed and out of order."""
    a, b = (write_barcode_video(tmp_path / f"{name}.mp4", 30) for name in "ab")
    return [FrameSource(video=f.stem, index=i, path=f) for i in WANTED for f in (b, a)]


def test_order_is_by_file_then_by_frame(sources: list[FrameSource]) -> None:
    got = [(sources[row].video, sources[row].index) for row in reading_order(sources)]
    assert got == [(video, index) for video in "ba" for index in sorted(WANTED)]


def test_every_row_gets_its_frame_from_one_opening_a_file(
    sources: list[FrameSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def counted(path: Path) -> FrameReader:
        opened.append(path)
        return open_frames(path)

    monkeypatch.setattr(frames_module, "open_frames", counted)
    got = {row: read_barcode(pixels) for row, pixels in read_frames(sources)}
    assert got == {row: source.index for row, source in enumerate(sources)}
    assert sorted(path.stem for path in opened) == ["a", "b"]


def test_a_frame_beyond_the_end_is_named(sources: list[FrameSource]) -> None:
    beyond = FrameSource(video="a", index=30, path=sources[1].path)
    with pytest.raises(BadInput, match=r"a\.mp4: frame 30 is labelled, but the video has 30 frames"):
        list(read_frames([*sources, beyond]))


def unlabelled(sources: list[FrameSource]) -> LabelSet:
    shape = (len(sources), 1, len(NOSE_TAIL))
    return LabelSet(
        skeleton=NOSE_TAIL,
        individuals=("mouse",),
        frames=tuple(sources),
        points_px=np.full((*shape, 2), np.nan, np.float32),
        visibility=np.full(shape, Visibility.UNLABELLED, np.int8),
    )


def test_damage_is_found_by_checking(sources: list[FrameSource]) -> None:
    reports: list[Progress] = []
    labels = unlabelled(sources)
    check_frames(labels, on_progress=reports.append)
    assert [r.done for r in reports] == list(range(1, 9))
    damage_packet(sources[0].path, 29)
    with pytest.raises(BadVideo, match=r"b\.mp4: frame 29 is damaged"):
        check_frames(labels)


class TestCheckPoints:
    """Labels against the pictures that they are on: 96 x 80 pixels."""

    @pytest.fixture
    def scene(self, tmp_path: Path) -> LabelSet:
        return write_scene(tmp_path, 6)

    @pytest.mark.parametrize(
        ("x", "y"),
        [(5000, 5000), (500, -40), (1e30, 1e30), (-2.6, 10), (97.6, 10), (10, -2.6), (10, 81.6)],
    )
    def test_a_point_outside_is_named(self, scene: LabelSet, x: float, y: float) -> None:
        bad = moved(scene, {(3, 0, 1): (x, y)})
        with pytest.raises(BadLabels) as caught:
            check_points(bad)
        words = f"tail at ({x:g}, {y:g}) on frame 3 of 'scene' ({bad.frames[3].path}, 96 x 80 pixels). Move"
        assert words in str(caught.value)

    @pytest.mark.parametrize(("x", "y"), [(-2.4, -2.4), (97.4, 81.4), (0, 79)])
    def test_a_point_on_the_edge_is_fine(self, scene: LabelSet, x: float, y: float) -> None:
        assert check_points(moved(scene, {(3, 0, 1): (x, y)})) == [(96, 80)] * 6

    def test_a_large_picture_has_a_wider_edge(self, tmp_path: Path) -> None:
        large = write_scene(tmp_path, 1, size=(1000, 600))
        assert check_points(moved(large, {(0, 0, 0): (1009, 300)})) == [(1000, 600)]
        with pytest.raises(BadLabels, match=r"nose at \(1010, 300\)"):
            check_points(moved(large, {(0, 0, 0): (1010, 300)}))

    def test_three_are_named_and_the_others_counted(self, tmp_path: Path) -> None:
        pair = write_pair(tmp_path, 5)
        bad = moved(pair, {(f, 1, 0): (900, 900) for f in range(5)})
        with pytest.raises(BadLabels, match=r"nose of light at .* frame 2 .*; and 2 more\.") as caught:
            check_points(bad)
        assert str(caught.value).count("nose") == 3
        assert caught.value.data == {"points": 5}

    def test_a_picture_that_was_replaced(self, scene: LabelSet) -> None:
        Image.fromarray(np.zeros((1, 1), np.uint8)).save(scene.frames[2].path)
        with pytest.raises(BadLabels, match=r"frame 2 of 'scene' \(.*002\.png, 1 x 1 pixels\)"):
            check_points(scene)

    @pytest.mark.parametrize("family", sorted(FAMILY_FACTS))
    def test_no_family_trains_on_it(self, scene: LabelSet, family: str) -> None:
        config = PoseConfig(preset="tiny", family=family, threads=1, device="cpu", iterations=1)

        def no_training(progress: Progress) -> None:
            assert progress.stage != "train"

        with pytest.raises(BadLabels, match="outside their pictures"):
            create(config).fit(moved(scene, {(3, 0, 1): (500, -40)}), on_progress=no_training)

    @pytest.mark.parametrize("change", [{"index": 99}, {"video": "other"}])
    def test_one_picture_has_one_set_of_labels(self, scene: LabelSet, change: dict[str, Any]) -> None:
        again = replace(scene.frames[0], **change)
        other = f"frame {again.index} of '{again.video}'"
        frames = (*scene.frames, again)
        points, said = (np.concatenate([a, a[:1]]) for a in (scene.points_px, scene.visibility))
        twice = replace(scene, frames=frames, points_px=points, visibility=said)
        assert len(check_points(twice)) == 7
        with pytest.raises(BadLabels, match=rf"frame 0 of 'scene' and {other} are the same picture"):
            check_points(moved(twice, {(6, 0, 0): (3, 3)}))

    @pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
    def test_by_whatever_link(self, scene: LabelSet, link: Callable[[Path, Path], None]) -> None:
        place = scene.frames[0].path
        link(place.with_name("again.png"), place)
        frames = (*scene.frames, FrameSource(video="other", index=0, path=place.with_name("again.png")))
        points, said = (np.concatenate([a, a[:1]]) for a in (scene.points_px, scene.visibility))
        twice = replace(scene, frames=frames, points_px=points, visibility=said)
        with pytest.raises(BadLabels, match="frame 0 of 'scene' and frame 0 of 'other' are the same picture"):
            check_points(moved(twice, {(6, 0, 0): (3, 3)}))

    def test_what_one_entry_leaves_open_another_may_say(self, scene: LabelSet) -> None:
        points, said = (np.concatenate([a, a[:1]]) for a in (scene.points_px, scene.visibility))
        points[0, 0, 0], said[0, 0, 0] = np.nan, Visibility.UNLABELLED
        frames = (*scene.frames, replace(scene.frames[0], video="other"))
        assert len(check_points(replace(scene, frames=frames, points_px=points, visibility=said))) == 7
        said[0, 0, 0] = Visibility.ABSENT
        with pytest.raises(BadLabels, match="the same picture"):
            check_points(replace(scene, frames=frames, points_px=points, visibility=said))

    def test_frames_of_one_video_are_not_one_picture(self, sources: list[FrameSource]) -> None:
        count = len(sources)
        labels = LabelSet(
            skeleton=NOSE_TAIL,
            individuals=("mouse",),
            frames=tuple(sources),
            points_px=np.arange(count * 4, dtype=np.float32).reshape(count, 1, 2, 2),
            visibility=np.full((count, 1, 2), Visibility.VISIBLE, np.int8),
        )
        assert len(check_points(labels)) == count


def moved(labels: LabelSet, points: dict[tuple[int, int, int], tuple[float, float]]) -> LabelSet:
    """Labels with other positions of some (frame, individual, keypoint)."""
    changed = labels.points_px.copy()
    for place, position in points.items():
        changed[place] = position
    return replace(labels, points_px=changed)
