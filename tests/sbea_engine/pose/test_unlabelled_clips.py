from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sbea_engine.errors import BadInput
from sbea_engine.pose.consistency_config import CLIP_FRAMES, ConsistencyConfig
from sbea_engine.pose.plan import Size, WorkingPlan
from sbea_engine.pose.unlabelled_clips import Clip, choose_starts, read_clips
from sbea_engine.video.errors import BadVideo
from sbea_engine.video.reader import open_frames
from tests.fixtures.kites import SIZE, write_kite
from tests.fixtures.videos import cut_short

PLAN = WorkingPlan(scale=1.0, crop_px=64, radius_px=2.5)
HALF = WorkingPlan(scale=0.5, crop_px=64, radius_px=5)


def read(videos: list[Path], plan: WorkingPlan = PLAN, **more: Any) -> list[tuple[Clip, ...]]:
    terms: dict[str, Any] = {"temporal": 1, "clips": 5, **more}
    settings = ConsistencyConfig(videos=tuple(str(v) for v in videos), **terms)
    return read_clips(settings, [Size(*SIZE)], plan, "grey", seed=0)


class TestChooseStarts:
    def test_no_clip_crosses_the_end_of_its_video(self) -> None:
        lengths = [CLIP_FRAMES, 9, 200, CLIP_FRAMES + 1]
        for seed in range(20):
            for video, start in choose_starts(lengths, 50, seed):
                assert 0 <= start <= lengths[video] - CLIP_FRAMES

    def test_all_of_them_where_there_are_fewer(self) -> None:
        assert choose_starts([5, CLIP_FRAMES, 6], 100, 0) == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (2, 2)]

    def test_a_function_of_the_seed(self) -> None:
        assert choose_starts([500], 20, 3) == choose_starts([500], 20, 3)
        assert choose_starts([500], 20, 3) != choose_starts([500], 20, 4)
        assert len(set(choose_starts([500], 20, 3))) == 20

    def test_long_videos_give_more(self) -> None:
        chosen = [video for video, _ in choose_starts([100, 900], 200, 0)]
        assert 10 <= chosen.count(0) <= 35


class TestReadClips:
    def test_frames_are_those_of_the_video(self, tmp_path: Path) -> None:
        write_kite(tmp_path, 12)
        video = tmp_path / "top.mp4"
        (clip,) = read([video], clips=1)[0]
        with open_frames(video) as reader:
            for offset, image in enumerate(clip.images):
                red, green, blue = np.moveaxis(reader.read(clip.start + offset).astype(float), -1, 0)
                np.testing.assert_allclose(image, 0.299 * red + 0.587 * green + 0.114 * blue, atol=1)

    def test_at_working_scale(self, tmp_path: Path) -> None:
        write_kite(tmp_path, 6)
        (clip,) = read([tmp_path / "top.mp4"], HALF)[0]
        assert clip.images[0].shape == (SIZE[1] // 2, SIZE[0] // 2)
        assert clip.source == Size(*SIZE)

    def test_views_of_one_take_show_the_same_frames(self, tmp_path: Path) -> None:
        write_kite(tmp_path, 12, views=("top", "side"))
        entries = read([tmp_path / "top.mp4", tmp_path / "side.mp4"], views=1)
        assert len(entries) == 5
        assert all((a.video, b.video) == (0, 1) and a.start == b.start for a, b in entries)

    def test_views_of_other_lengths_are_refused(self, tmp_path: Path) -> None:
        write_kite(tmp_path / "a", 12)
        write_kite(tmp_path / "b", 10, views=("side",))
        with pytest.raises(BadInput, match=r"top\.mp4 12, side\.mp4 10\. Cut them"):
            read([tmp_path / "a" / "top.mp4", tmp_path / "b" / "side.mp4"], views=1)

    def test_what_cannot_be_used_is_named(self, tmp_path: Path) -> None:
        write_kite(tmp_path, 12)
        with pytest.raises(BadVideo, match=r"lost\.mp4: there is no such file"):
            read([tmp_path / "top.mp4", tmp_path / "lost.mp4"])
        write_kite(tmp_path / "short", CLIP_FRAMES - 1)
        with pytest.raises(BadVideo, match=r"short/top\.mp4: has 3 frames; a clip .* has 4.*longer video"):
            read([tmp_path / "short" / "top.mp4"])
        settings = ConsistencyConfig(videos=(str(tmp_path / "top.mp4"),), temporal=1)
        with pytest.raises(BadVideo, match=r"96 x 80 pixels, the labelled frames 640 x 480.*same camera"):
            read_clips(settings, [Size(640, 480)], PLAN, "grey", seed=0)
        with pytest.raises(BadVideo, match=r"top\.mp4"):
            read([cut_short(tmp_path / "top.mp4")])
