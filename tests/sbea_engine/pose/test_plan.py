from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Skeleton
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.plan import MAX_FRAME_PIXELS, Size, make_plan, to_source, to_working


def animal(*along_px: float) -> LabelSet:
    """One frame of an animal whose keypoints lie on a line, the first at 0."""
    points = np.array([[[[50 + x, 50] for x in (0, *along_px)]]], dtype=np.float32)
    return LabelSet(
        skeleton=Skeleton(keypoints=tuple("abcdef"[: 1 + len(along_px)])),
        individuals=("mouse",),
        frames=(FrameSource(video="v", index=0, path=Path("x.png")),),
        points_px=points,
        visibility=np.full((1, 1, 1 + len(along_px)), 2, dtype=np.int8),
    )


class TestMakePlan:
    @pytest.mark.parametrize(
        ("extent", "size", "scale"),
        [
            (120, Size(640, 480), 0.5),  # an animal of twice the wanted extent
            (40, Size(160, 120), 1.0),  # never enlarged
            (60, Size(160, 120), 1.0),
            (4000, Size(1280, 1024), 0.1),  # never shrunk below 128 pixels
            (60, Size(1920, 1080), 0.385),  # bounded by the number of pixels
        ],
    )
    def test_scale(self, extent: float, size: Size, scale: float) -> None:
        plan = make_plan(animal(extent), [size], PoseConfig().size, multiple=32)
        assert plan.scale == pytest.approx(scale, abs=1e-3)
        assert plan.crop_px % 32 == 0
        assert 32 <= plan.crop_px <= 160
        assert plan.radius_px == pytest.approx(2.5 / plan.scale, rel=1e-3)

    def test_a_long_tail_does_not_shrink_the_head(self) -> None:
        plan = make_plan(animal(10, 200), [Size(640, 480)], PoseConfig().size, multiple=32)
        assert plan.scale == pytest.approx(0.5)  # by the extent alone 0.3, with the ears 3 px apart
        assert plan.crop_px >= 1.25 * 200 * plan.scale

    def test_keypoints_that_nearly_coincide_do_not_ask_for_more_than_a_view_holds(self) -> None:
        plan = make_plan(animal(0.1, 400), [Size(640, 480)], PoseConfig().size, multiple=32)
        assert plan.scale == pytest.approx(256 / 500, abs=1e-3)
        assert plan.crop_px == 256

    def test_large_frames_of_another_video_are_bounded_too(self) -> None:
        plan = make_plan(animal(60), [Size(640, 480)], PoseConfig().size, multiple=32)
        width, height = plan.working_size(Size(3840, 2160))
        assert width * height <= MAX_FRAME_PIXELS * 1.01

    def test_a_single_keypoint_has_no_extent(self) -> None:
        plan = make_plan(animal(0), [Size(640, 480)], PoseConfig().size, multiple=32)
        assert plan.scale == pytest.approx(0.5)


class TestWorkingPixels:
    def test_there_and_back(self) -> None:
        source, working = Size(641, 479), Size(320, 240)
        points = np.random.default_rng(0).uniform(0, 400, (5, 3, 2)).astype(np.float32)
        back = to_source(to_working(points, source, working), source, working)
        np.testing.assert_allclose(back, points, atol=1e-3)

    def test_corners_map_to_corners(self) -> None:
        """A pixel is an area: the outer edge of the picture, not the centre of its pixel, stays put."""
        edge = np.array([[-0.5, -0.5], [639.5, 479.5]], dtype=np.float32)
        got = to_working(edge, Size(640, 480), Size(320, 240))
        np.testing.assert_allclose(got, [[-0.5, -0.5], [319.5, 239.5]])
