"""Maps on disk: which poses are on them, what the pictures show, and nothing half-written."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from sbea_engine.cli import main
from sbea_engine.data import LabelSet, Poses, Skeleton, Visibility
from sbea_engine.data.labels import FrameSource
from sbea_engine.errors import Cancelled
from sbea_engine.io.poses_store import open_poses, write_poses
from sbea_engine.pipelines import pose_map_sources
from sbea_engine.pipelines.pose_map import PoseMapRequest, WrittenMap, write_pose_map
from sbea_engine.pipelines.pose_map_sources import LabelledPoses, PredictedPoses
from sbea_engine.pose.pose_map import BadPoseMap, PoseMapConfig
from sbea_engine.progress import Progress, ignore

SKELETON = Skeleton(keypoints=("nose", "hip", "tail"), edges=(("nose", "tail"),), heading=("tail", "nose"))
FRAMES, SIDE = 40, 120
STRAIGHT = np.array([[24.0, 0.0], [0.0, 0.0], [-24.0, 0.0]])
BENT = np.array([[20.0, 16.0], [0.0, 0.0], [-24.0, 0.0]])
NOSE_RGB = (220, 30, 30)
FAST = PoseMapConfig(method="pca", clusters=2)


def turned(frame: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle = 0.7 * frame
    body = STRAIGHT if frame < FRAMES // 2 else BENT
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return body @ matrix + (60.0, 60.0 + 0.5 * frame - 10), matrix


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`poses`, a store of one animal that is straight, then bent, and spins; `video`, its nose in red."""
    home = tmp_path_factory.mktemp("map")
    (home / "video").mkdir()
    points = np.array([turned(frame)[0] for frame in range(FRAMES)])
    for frame in range(FRAMES):
        picture = np.full((SIDE, SIDE, 3), 200, np.uint8)
        nose = tuple(int(v) for v in points[frame, 0].round())
        cv2.circle(picture, nose, 6, NOSE_RGB[::-1], cv2.FILLED)
        cv2.imwrite(str(home / "video" / f"{frame:03}.png"), picture)
    confidence = np.full((FRAMES, 1, 3), 0.9, np.float32)
    confidence[5] = 0.2
    write_poses(
        Poses(
            skeleton=SKELETON,
            individuals=("animal 1",),
            frames=np.arange(FRAMES),
            points_px=points[:, None].astype(np.float32),
            confidence=confidence,
        ),
        home / "poses",
    )
    return home


def source(folder: Path, *, video: bool = True) -> PredictedPoses:
    return PredictedPoses(
        store=open_poses(folder / "poses"), video=folder / "video" if video else None, min_confidence=0.5
    )


class TestRows:
    def test_poses_that_are_not_sure_are_left_out(self, folder: Path) -> None:
        rows = source(folder).rows(1000, ignore)
        assert rows.frame.tolist() == [f for f in range(FRAMES) if f != 5]

    def test_a_part_is_spread_evenly(self, folder: Path) -> None:
        frames = source(folder).rows(5, ignore).frame
        assert (frames[0], frames[-1], len(frames)) == (0, FRAMES - 1, 5)
        assert np.diff(frames).min() >= 9

    @pytest.mark.parametrize("window", [4096, 7, 1])
    def test_speed_needs_both_neighbours(
        self, folder: Path, window: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pose_map_sources, "WINDOW", window)
        rows = source(folder).rows(1000, ignore)
        known = rows.frame[np.isfinite(rows.speed_px).all(-1)]
        assert known.tolist() == [f for f in range(1, FRAMES - 1) if f not in (4, 5, 6)]
        at = rows.frame.tolist().index(12)
        exact = np.linalg.norm(turned(13)[0] - turned(11)[0], axis=-1) / 2
        np.testing.assert_allclose(rows.speed_px[at], exact, rtol=1e-5)

    def test_a_video_without_the_frames(self, folder: Path, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "0.png"), np.zeros((SIDE, SIDE, 3), np.uint8))
        with pytest.raises(BadPoseMap, match="frame 39"):
            PredictedPoses(store=open_poses(folder / "poses"), video=tmp_path, min_confidence=0.5).rows(
                99, ignore
            )


@pytest.fixture(scope="module")
def out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map of two clusters, without poses drawn on its crops."""
    out = tmp_path_factory.mktemp("out") / "map"
    request = PoseMapRequest(
        layout=FAST, colour_by=("cluster", "bend:tail,hip,nose"), examples=4, draw_poses=False
    )
    write_pose_map(source(folder), out, request)
    return out


class TestFiles:
    def test_the_table_has_every_pose(self, out: Path) -> None:
        with (out / "map.csv").open(newline="") as text:
            rows = list(csv.DictReader(text))
        assert len(rows) == FRAMES - 1
        straight = [row for row in rows if int(row["frame"]) < FRAMES // 2]
        assert {row["cluster"] for row in straight} == {"2"}  # the smaller half: one of it was not sure
        assert {row["individual"] for row in rows} == {"animal 1"}
        bends = [float(row["bend:tail,hip,nose [deg]"]) for row in straight]
        assert np.abs(bends).max() < 0.01

    def test_bodies_in_the_montage_point_to_the_right(self, out: Path) -> None:
        sheet = cv2.imread(str(out / "montage.png"))
        assert sheet is not None
        red = (sheet[..., 2].astype(int) - sheet[..., 1] > 90)[:, 110:]  # beside the heads of the rows
        noses = cv2.connectedComponentsWithStats(red.astype(np.uint8))[3][1:]
        assert len(noses) == 2 * 4
        upper = noses[noses[:, 1] < 138]
        assert np.ptp(upper[:, 0] % 138) < 3  # at one place in every cell of the row
        assert (upper[:, 0] % 138 > 75).all()

    def test_facts(self, out: Path) -> None:
        facts = json.loads((out / "map.json").read_text())
        assert facts["cluster_sizes"] == [20, 19]
        assert facts["request"]["layout"]["seed"] == 0
        assert sorted(file.name for file in out.iterdir()) == [
            "map-bend-tail-hip-nose.png", "map-cluster.png", "map.csv", "map.json", "montage.png",
        ]  # fmt: skip

    def test_colours_of_the_map(self, out: Path) -> None:
        picture = cv2.imread(str(out / "map-cluster.png"))
        assert picture is not None
        for rgb in ((0xE6, 0x9F, 0x00), (0x56, 0xB4, 0xE9)):
            assert (np.abs(picture[..., ::-1].astype(int) - rgb).max(-1) < 3).sum() > 20


def test_two_numbers_of_one_file_name(folder: Path, tmp_path: Path) -> None:
    request = PoseMapRequest(layout=FAST, colour_by=("distance:nose,tail", "distance: nose,tail"))
    made = write_pose_map(source(folder, video=False), tmp_path / "map", request)
    assert made.files[:2] == ("map-distance-nose-tail-2.png", "map-distance-nose-tail.png")


class TestWhoIsWho:
    @staticmethod
    def made(folder: Path, out: Path, *individuals: str, places: bool) -> WrittenMap:
        """A map of the same body once for each of these individuals."""
        poses = open_poses(folder / "poses").window()
        many = [len(individuals) if axis == 1 else 1 for axis in range(4)]
        provenance = {**poses.provenance, **({"individuals_are_places": True} if places else {})}
        write_poses(
            replace(
                poses,
                individuals=individuals,
                points_px=np.tile(poses.points_px, many),
                confidence=np.tile(poses.confidence, many[:3]),
                provenance=provenance,
            ),
            out / "poses",
        )
        of = PredictedPoses(store=open_poses(out / "poses"), video=None, min_confidence=0.5)
        return write_pose_map(of, out / "map", PoseMapRequest(layout=FAST))

    def test_a_model_that_does_not_tell_animals_apart_is_said_to_be_one(
        self, folder: Path, tmp_path: Path
    ) -> None:
        made = self.made(folder, tmp_path, "a", "b", places=True)
        assert "does not tell individuals apart" in made.warnings[0]
        assert json.loads((made.folder / "map.json").read_text())["warnings"] == list(made.warnings)

    @pytest.mark.parametrize(("individuals", "places"), [(("a", "b"), False), (("a",), True)])
    def test_not_where_names_are_known_or_there_is_one(
        self, individuals: tuple[str, ...], places: bool, folder: Path, tmp_path: Path
    ) -> None:
        assert self.made(folder, tmp_path, *individuals, places=places).warnings == ()


class TestNothingHalfWritten:
    def test_after_cancelling(self, folder: Path, tmp_path: Path) -> None:
        def stop(progress: Progress) -> None:
            if progress.stage == "cut pictures":
                raise Cancelled

        with pytest.raises(Cancelled):
            write_pose_map(source(folder), tmp_path / "map", PoseMapRequest(layout=FAST), on_progress=stop)
        assert list(tmp_path.iterdir()) == []

    def test_after_a_bad_request(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(BadPoseMap, match="no keypoint"):
            write_pose_map(source(folder), tmp_path / "map", PoseMapRequest(colour_by=("speed:ear",)))
        assert list(tmp_path.iterdir()) == []

    def test_what_exists_is_left(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(BadPoseMap, match="exists already"):
            write_pose_map(source(folder), tmp_path, PoseMapRequest(layout=FAST))


def labelled(folder: Path) -> LabelSet:
    points = np.array([turned(frame)[0] for frame in range(FRAMES)])[:, None].astype(np.float32)
    return LabelSet(
        skeleton=SKELETON,
        individuals=("animal 1",),
        frames=tuple(FrameSource(video="spin", index=f, path=folder / "video") for f in range(FRAMES)),
        points_px=points,
        visibility=np.full(points.shape[:-1], Visibility.VISIBLE, np.int8),
    )


class TestLabels:
    def test_are_mapped_too(self, folder: Path, tmp_path: Path) -> None:
        request = PoseMapRequest(layout=FAST, poses=20, examples=2)
        made = write_pose_map(LabelledPoses(labels=labelled(folder)), tmp_path / "map", request)
        assert made.poses == 20
        assert "montage.png" in made.files
        assert (tmp_path / "map" / "map.csv").read_text().splitlines()[-1].startswith("spin,39,animal 1,")

    def test_have_no_speed(self, folder: Path, tmp_path: Path) -> None:
        request = PoseMapRequest(layout=FAST, colour_by=("speed",))
        with pytest.raises(BadPoseMap, match="known of none"):
            write_pose_map(LabelledPoses(labels=labelled(folder)), tmp_path / "map", request)


def test_the_command(folder: Path, tmp_path: Path) -> None:
    given = ["pose", "embed", "--out", str(tmp_path / "map"), "--method", "pca", "--clusters", "2", "--json"]
    store = ["--poses", str(folder / "poses")]
    both = CliRunner().invoke(main, [*given, *store, "--data", str(folder)])
    assert both.exit_code == 2
    done = CliRunner().invoke(main, [*given, *store, "--colour-by", "speed"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["files"] == ["map-speed.png", "map.csv", "map.json"]  # no video: no montage
    assert told["cluster_sizes"] == [20, 19]
