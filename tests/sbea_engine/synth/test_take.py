from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sbea_engine.data.sync import MISSING
from sbea_engine.errors import Cancelled
from sbea_engine.geometry import project
from sbea_engine.progress import Progress
from sbea_engine.synth import Recipe, load_recipe
from sbea_engine.synth.board import BadBoard, Board, Print
from sbea_engine.synth.take import CalibrationTake, load_take, render_take
from sbea_engine.synth.truth import BadRecording

LENSES = ((-0.28, 0.09, 0.001, -0.001, 0.0), (0.0, 0.0, 0.0, 0.0, 0.0))
FRAMES = 26

# Rendering takes of two boards is what all of them wait for.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rig() -> Recipe:
    solo = load_recipe("solo")
    cameras = solo.cameras.model_copy(update={"lenses": LENSES})
    sync = solo.sync.model_copy(update={"start_offset_s": 0.1, "drop_share": 0.1})
    return solo.model_copy(update={"cameras": cameras, "sync": sync, "fps": 3.0})


@pytest.fixture(scope="module", params=["charuco", "checkerboard"])
def take(
    request: pytest.FixtureRequest, rig: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> CalibrationTake:
    out = tmp_path_factory.mktemp(request.param) / "take"
    return render_take(rig, kind=request.param, cameras=2, frames=FRAMES, seed=4, out=out)


def grey_frames(file: Path) -> list[np.ndarray]:
    import av

    with av.open(str(file)) as container:
        return [f.to_ndarray(format="gray") for f in container.decode(video=0)]


def found_corners(board: Board, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Indices (n,) and positions (n, 2) of the corners that OpenCV finds."""
    if board.kind == "charuco":
        assert board.dictionary is not None
        assert board.marker_mm is not None
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
        printed = cv2.aruco.CharucoBoard(board.squares, board.square_mm, board.marker_mm, dictionary)
        corners, ids, _, _ = cv2.aruco.CharucoDetector(printed).detectBoard(image)
        return None if ids is None or len(ids) < 4 else (ids.ravel(), corners.reshape(-1, 2))
    size = (board.squares[0] - 1, board.squares[1] - 1)
    found, corners = cv2.findChessboardCornersSB(image, size, flags=cv2.CALIB_CB_NORMALIZE_IMAGE)
    return (np.arange(size[0] * size[1]), corners.reshape(-1, 2)) if found else None


class TestDetection:
    def test_opencv_finds_the_corners_where_they_truly_are(self, take: CalibrationTake) -> None:
        """In most frames with the whole board in sight, within 0.3 pixel."""
        in_sight = good = 0
        errors = []
        for camera in take.cameras:
            frames = grey_frames(take.folder / f"{camera.name}.mp4")
            for tick, frame in enumerate(take.sync.frames_of(camera.name)):
                whole = take.visible[camera.name][tick].all()
                if frame == MISSING or not whole:
                    continue
                in_sight += 1
                found = found_corners(take.board, frames[frame])
                if found is None:
                    continue
                ids, px = found
                true = take.corners_px[camera.name][tick]
                off = np.linalg.norm(px - true[ids], axis=1)
                if take.board.kind == "checkerboard":  # the detector does not know which end is which
                    off = min(off, np.linalg.norm(px[::-1] - true, axis=1), key=np.median)
                errors.append(np.median(off))
                good += bool(np.median(off) < 0.3)
        assert in_sight >= 8
        assert good > 0.6 * in_sight
        assert np.median(errors) < 0.15

    def test_a_board_turned_away_is_not_seen(self, take: CalibrationTake) -> None:
        for camera in take.cameras:
            normal = take.poses.rotation[:, :, 2]  # into the paper
            away = ((take.poses.position_mm - camera.position_mm) * normal).sum(1) < 0
            assert not take.visible[camera.name][away].any()


class TestFolder:
    def test_truth_projects_to_the_corners(self, take: CalibrationTake) -> None:
        for camera in take.cameras:
            px, _ = project(camera, take.poses.place(take.board.corners_mm))
            np.testing.assert_allclose(px, take.corners_px[camera.name], atol=1e-3)
        np.testing.assert_allclose(
            take.poses.rotation @ take.poses.rotation.transpose(0, 2, 1),
            np.broadcast_to(np.eye(3), (FRAMES, 3, 3)),
            atol=1e-9,
        )

    def test_the_board_keeps_off_the_floor_and_inside_the_walls(
        self, take: CalibrationTake, rig: Recipe
    ) -> None:
        (x0, y0), (x1, y1) = take.board.sheet_mm
        sheet = take.poses.place(np.array([(x, y, 0.0) for x in (x0, x1) for y in (y0, y1)]))
        assert sheet[..., 2].min() > 5
        assert (np.abs(sheet[..., :2]) < np.array(rig.arena.floor_mm) / 2).all()

    def test_videos_lack_what_the_table_says(self, take: CalibrationTake) -> None:
        for camera in take.cameras:
            row = take.sync.frames_of(camera.name)
            assert len(grey_frames(take.folder / f"{camera.name}.mp4")) == (row != MISSING).sum() < FRAMES

    def test_every_camera_gets_to_see_the_board(self, take: CalibrationTake) -> None:
        for seen in take.visible.values():
            assert seen.all(axis=1).mean() > 0.2

    def test_a_damaged_folder_is_named(self, take: CalibrationTake, tmp_path: Path) -> None:
        with pytest.raises(BadRecording, match=r"take\.json: not there"):
            load_take(tmp_path)
        (tmp_path / "take.json").write_bytes((take.folder / "take.json").read_bytes())
        with pytest.raises(BadRecording, match=r"board\.npz: not there"):
            load_take(tmp_path)
        (tmp_path / "board.npz").write_bytes((take.folder / "board.npz").read_bytes()[:500])
        with pytest.raises(BadRecording, match=r"board\.npz"):
            load_take(tmp_path)


def test_cancel_leaves_nothing(rig: Recipe, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        render_take(rig, kind="charuco", cameras=1, frames=3, out=tmp_path / "take", on_progress=stop)
    assert list(tmp_path.iterdir()) == []


class TestBoard:
    @pytest.mark.parametrize("kind", ["charuco", "checkerboard"])
    def test_looks_as_opencv_prints_it(self, kind: str) -> None:
        board = Board.fitting("charuco" if kind == "charuco" else "checkerboard", 140.0)
        scale = 8
        columns, rows = board.squares
        size = (round(columns * board.square_mm * scale), round(rows * board.square_mm * scale))
        if board.dictionary is not None and board.marker_mm is not None:
            dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
            drawn = cv2.aruco.CharucoBoard(board.squares, board.square_mm, board.marker_mm, dictionary)
            wanted = drawn.generateImage(size) > 127
            np.testing.assert_allclose(drawn.getChessboardCorners(), board.corners_mm, atol=1e-4)
        else:
            row, column = np.mgrid[: size[1], : size[0]] // round(board.square_mm * scale)
            wanted = (row + column) % 2 == 1
        y, x = ((np.mgrid[: size[1], : size[0]] + 0.5) / scale).astype(np.float32)
        got = Print(board).at(x.ravel(), y.ravel()).reshape(x.shape) > 0.5
        assert (got == wanted).mean() > 0.97  # OpenCV rounds markers to its pixels

    def test_survives_json(self) -> None:
        for board in (Board.fitting("charuco", 100.0), Board.fitting("checkerboard", 100.0)):
            assert Board.from_dict(board.to_dict()) == board

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "dots"},
            {"squares": [2, 5]},
            {"squares": "wide"},
            {"square_mm": 0},
            {"marker_mm": 99.0},
            {"dictionary": None},
        ],
    )
    def test_a_board_that_cannot_be_is_refused(self, change: dict) -> None:
        with pytest.raises(BadBoard):
            Board.from_dict(Board.fitting("charuco", 100.0).to_dict() | change)

    def test_a_dictionary_that_is_not_there_or_too_small_is_refused(self) -> None:
        data = Board.fitting("charuco", 100.0).to_dict()
        with pytest.raises(BadBoard, match="no dictionary"):
            Board.from_dict(data | {"dictionary": "DICT_9X9"}).marker_bits()
        with pytest.raises(BadBoard, match="has 50"):
            Board.from_dict(data | {"squares": [12, 12]}).marker_bits()
