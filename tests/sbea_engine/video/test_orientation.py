from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sbea_engine.video import BadVideo, open_frames, probe
from sbea_engine.video.orientation import OddAngleError, orientation_from_matrix
from tests.fixtures.barcode import set_display_matrix, write_barcode_video

EIGHT = [(a, 0, 0, d) for a in (1, -1) for d in (1, -1)] + [(0, b, c, 0) for b in (1, -1) for c in (1, -1)]


@pytest.mark.parametrize("matrix", EIGHT)
def test_pixels_go_where_the_matrix_says(matrix: tuple[int, int, int, int]) -> None:
    """Against the definition: stored (x, y) is shown at (a x + c y, b x + d y), moved into view."""
    a, b, c, d = matrix
    stored = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    y, x = np.mgrid[:3, :5]
    to_x, to_y = a * x + c * y, b * x + d * y
    to_x, to_y = to_x - to_x.min(), to_y - to_y.min()
    shown = np.zeros((to_y.max() + 1, to_x.max() + 1, 3), np.uint8)
    shown[to_y, to_x] = stored

    orientation = orientation_from_matrix(matrix)
    np.testing.assert_array_equal(orientation.apply(stored), shown)
    assert orientation.size(5, 3) == (shown.shape[1], shown.shape[0])
    assert orientation.mirrored == (a * d - b * c < 0)


@pytest.mark.parametrize(
    ("matrix", "degrees"),
    [((1, 0, 0, 1), 0), ((0, 1, -1, 0), 90), ((-1, 0, 0, -1), 180), ((0, -1, 1, 0), 270)],
)
def test_degrees_are_clockwise(matrix: tuple[int, int, int, int], degrees: int) -> None:
    orientation = orientation_from_matrix(matrix)
    assert (orientation.rotation, orientation.mirrored) == (degrees, False)
    stored = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.testing.assert_array_equal(orientation.apply(stored), np.rot90(stored, k=-degrees // 90))


@pytest.mark.parametrize("matrix", [(1, 1, -1, 1), (0, 0, 0, 0), (1, 0, 1, 1), (1, 0, 0, 0)])
def test_other_angles_are_refused(matrix: tuple[int, int, int, int]) -> None:
    with pytest.raises(OddAngleError):
        orientation_from_matrix(matrix)


def test_video_at_an_odd_angle(tmp_path: Path) -> None:
    path = write_barcode_video(tmp_path / "v.mp4", 2)
    set_display_matrix(path, (1, 1, -1, 1))
    with pytest.raises(BadVideo, match=r"v\.mp4: .* no quarter turn .* Write it upright"):
        open_frames(path)


def test_mirrored_video_is_shown_as_it_asks(tmp_path: Path) -> None:
    path = write_barcode_video(tmp_path / "v.mp4", 2)
    with open_frames(path) as reader:
        before = reader.read(1)
    set_display_matrix(path, (-1, 0, 0, 1))
    with open_frames(path) as reader:
        np.testing.assert_array_equal(reader.read(1), before[:, ::-1])
    assert any("mirrored" in warning for warning in probe(path).warnings)
