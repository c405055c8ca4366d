"""What a labelled video shows is where the poses are, and when the source shows it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from sbea_engine.cli import main
from sbea_engine.data import Poses, Skeleton
from sbea_engine.draw.pose_marks import BadLook, PoseLook
from sbea_engine.errors import BadInput, Cancelled
from sbea_engine.io.poses_store import PosesWriter, write_poses
from sbea_engine.pipelines.labelled_video import (
    BadLabelledVideo,
    Crop,
    LabelledVideo,
    LabelledVideoConfig,
    write_labelled_video,
)
from sbea_engine.progress import Progress
from sbea_engine.video.errors import CannotWrite
from sbea_engine.video.movie import BadMovie
from sbea_engine.video.reader import open_frames
from sbea_engine.video.video_file import VideoReader
from tests.fixtures.barcode import read_barcode, write_barcode_video

GREY = 128
NOISE = 7
WHITE = ("#ffffff",)  # edges of colours are blurred by half-size colour, those of grey levels are not
SKELETON = Skeleton(keypoints=("nose", "tail"), edges=(("nose", "tail"),))
LONE = Skeleton(keypoints=("nose",))


def write_grey(path: Path, frames: int = 12, *, width: int = 160, height: int = 96) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for _ in range(frames):
            picture = np.full((height, width, 3), GREY, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def poses_of(
    points: NDArray[np.float64], confidence: NDArray[np.float64] | float = 1.0, skeleton: Skeleton = LONE
) -> Poses:
    """Of points (frame, individual, keypoint, 2)."""
    return Poses(
        skeleton=skeleton,
        individuals=tuple(f"animal {n + 1}" for n in range(points.shape[1])),
        frames=np.arange(len(points)),
        points_px=points.astype(np.float32),
        confidence=np.broadcast_to(np.float32(confidence), points.shape[:-1]).copy(),
    )


def wander(frames: int, *, seed: int = 0, width: int = 160, height: int = 96) -> NDArray[np.float64]:
    """A point anywhere between pixels, away from the border: (frame, 1, 1, 2)."""
    rng = np.random.default_rng(seed)
    return rng.uniform((20, 20), (width - 20, height - 20), (frames, 1, 1, 2))


def drawn(file: Path) -> list[NDArray[np.float64]]:
    """How far each pixel of each frame is from grey, (H, W) levels; small differences are the encoder's."""
    with open_frames(file) as reader:
        away = [np.abs(rgb.astype(np.float64) - GREY).mean(-1) for _, rgb in reader.iterate()]
    return [np.where(picture > NOISE, picture, 0) for picture in away]


def centroid(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    y, x = np.mgrid[: weight.shape[0], : weight.shape[1]]
    found: NDArray[np.float64] = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    return found


def film(
    folder: Path, poses: Poses, video: Path, config: LabelledVideoConfig | None = None
) -> tuple[LabelledVideo, list[NDArray[np.float64]]]:
    store, out = folder / "poses", folder / "out" / "film.mp4"
    write_poses(poses, store)
    made = write_labelled_video(
        store, video, out, config or LabelledVideoConfig(look=PoseLook(colours=WHITE))
    )
    return made, drawn(out)


class TestPlace:
    def test_dots_are_within_a_quarter_pixel_of_the_pose(self, tmp_path: Path) -> None:
        points = wander(12)
        _, pictures = film(tmp_path, poses_of(points), write_grey(tmp_path / "v.mp4"))
        found = np.array([centroid(picture) for picture in pictures])
        assert np.abs(found - points[:, 0, 0]).max() < 0.25

    @pytest.mark.parametrize(("scale", "crop"), [(2.0, None), (0.5, None), (1.5, Crop(11, 7, 121, 75))])
    def test_also_after_cropping_and_scaling(self, tmp_path: Path, scale: float, crop: Crop | None) -> None:
        points = np.random.default_rng(1).uniform((40, 30), (100, 60), (12, 1, 1, 2))
        config = LabelledVideoConfig(scale=scale, crop=crop, look=PoseLook(dot_radius_px=4, colours=WHITE))
        made, pictures = film(tmp_path, poses_of(points), write_grey(tmp_path / "v.mp4"), config)
        corner = np.array([0, 0] if crop is None else crop[:2])
        kept = np.array([160, 96] if crop is None else crop[2:])
        assert (made.width, made.height) == tuple(np.round(kept * scale).astype(int))
        exact = np.array([made.width, made.height]) / kept
        found = np.array([centroid(picture) for picture in pictures])
        assert np.abs(found - ((points[:, 0, 0] - corner + 0.5) * exact - 0.5)).max() < 0.25

    def test_edges_join_keypoints(self, tmp_path: Path) -> None:
        points = np.broadcast_to(np.array([[30.0, 48.0], [130.0, 48.0]]), (3, 1, 2, 2))
        video = write_grey(tmp_path / "v.mp4", 3)
        _, (picture, *_) = film(tmp_path, poses_of(points, skeleton=SKELETON), video)
        assert (picture[46:51, 30:131].max(axis=0) > 0).all()
        assert picture[:40].max() == 0

    def test_individuals_have_the_colours_of_the_studio(self, tmp_path: Path) -> None:
        points = np.broadcast_to(np.array([[[40.0, 48.0]], [[120.0, 48.0]]]), (3, 2, 1, 2))
        look = PoseLook(dot_radius_px=12, colours=("#d55e00",))
        write_poses(poses_of(points), tmp_path / "poses")
        video = write_grey(tmp_path / "v.mp4", 3)
        out = tmp_path / "film.mp4"
        write_labelled_video(tmp_path / "poses", video, out, LabelledVideoConfig(look=look))
        with open_frames(out) as reader:
            rgb = reader.read(1).astype(int)
        assert np.abs(rgb[48, 40] - (0xD5, 0x5E, 0x00)).max() < 12  # its own
        assert np.abs(rgb[48, 120] - (0x56, 0xB4, 0xE9)).max() < 12  # the second of the palette


class TestWhatIsLeftOut:
    CONFIDENCE = np.array([0.9, 0.2, 0.9, 0.49, 0.51, np.nan]).reshape(-1, 1, 1)

    def test_points_below_the_threshold(self, tmp_path: Path) -> None:
        poses = poses_of(wander(6), self.CONFIDENCE)
        made, pictures = film(tmp_path, poses, write_grey(tmp_path / "v.mp4", 6))
        assert [bool(picture.any()) for picture in pictures] == [True, False, True, False, True, True]
        assert made.frames_without_poses == 2
        assert made.warnings == ()

    def test_where_none_is_left_whoever_asked_is_told(self, tmp_path: Path) -> None:
        poses = poses_of(wander(6), np.full((6, 1, 1), 0.1))
        made, _ = film(tmp_path, poses, write_grey(tmp_path / "v.mp4", 6))
        assert made.frames_without_poses == 6
        assert "Nothing is drawn" in made.warnings[0]

    def test_or_they_are_rings(self, tmp_path: Path) -> None:
        points = np.broadcast_to(np.array([80.0, 48.0]), (6, 1, 1, 2))
        config = LabelledVideoConfig(look=PoseLook(doubtful="hollow", dot_radius_px=10, colours=WHITE))
        video = write_grey(tmp_path / "v.mp4", 6)
        _, pictures = film(tmp_path, poses_of(points, self.CONFIDENCE), video, config)
        assert [picture[48, 80] > 60 for picture in pictures] == [True, False, True, False, True, True]
        assert all(picture[48, 90] > 60 for picture in pictures)

    def test_answers_that_are_none_or_far_outside(self, tmp_path: Path) -> None:
        points = wander(6)
        points[0], points[1], points[2], points[3] = np.nan, np.inf, 3e9, -400
        _, pictures = film(tmp_path, poses_of(points), write_grey(tmp_path / "v.mp4", 6))
        assert [bool(picture.any()) for picture in pictures] == [False] * 4 + [True] * 2

    def test_frames_that_the_poses_do_not_have(self, tmp_path: Path) -> None:
        poses = poses_of(wander(3))
        some = Poses(
            skeleton=poses.skeleton,
            individuals=poses.individuals,
            frames=np.array([1, 3, 4]),
            points_px=poses.points_px,
            confidence=poses.confidence,
        )
        made, pictures = film(tmp_path, some, write_grey(tmp_path / "v.mp4", 6))
        assert [bool(picture.any()) for picture in pictures] == [False, True, False, True, True, False]
        assert (made.frame_count, made.frames_without_poses) == (6, 3)


class TestTrail:
    def test_joins_the_frames_before_and_fades(self, tmp_path: Path) -> None:
        points = np.array([[20.0 + 10 * n, 48.0] for n in range(12)]).reshape(12, 1, 1, 2)
        config = LabelledVideoConfig(look=PoseLook(trail_frames=4, colours=WHITE), first=6)
        _, pictures = film(tmp_path, poses_of(points), write_grey(tmp_path / "v.mp4"), config)
        line = pictures[0][47:50].max(
            axis=0
        )  # frame 6, at x 80: the trail begins at frame 2, before the movie
        assert line[:36].max() == 0
        assert line[42:76].min() > 0
        assert line[45] < line[55] < line[65] < line[74]

    def test_breaks_where_a_point_is_missing(self, tmp_path: Path) -> None:
        points = np.array([[20.0 + 10 * n, 48.0] for n in range(8)]).reshape(8, 1, 1, 2)
        points[4] = np.nan
        config = LabelledVideoConfig(look=PoseLook(trail_frames=8, colours=WHITE))
        _, pictures = film(tmp_path, poses_of(points), write_grey(tmp_path / "v.mp4", 8), config)
        line = pictures[7][47:50].max(axis=0)
        assert line[25:48].min() > 0
        assert line[53:67].max() == 0


class TestTime:
    def test_every_frame_is_there_at_its_time(self, tmp_path: Path) -> None:
        """Frames of uneven length, from a Matroska file whose clock ticks in milliseconds."""
        times = [0, 33, 67, 100, 300, 333, 1000, 1033, 1067, 1500]
        video = write_barcode_video(tmp_path / "v.mkv", 10, times=times)
        write_poses(poses_of(np.full((10, 1, 1, 2), np.nan)), tmp_path / "poses")
        out = tmp_path / "film.mp4"
        config = LabelledVideoConfig(first=2, last=8)
        write_labelled_video(tmp_path / "poses", video, out, config)
        with VideoReader(out) as made, VideoReader(video) as source:
            assert [read_barcode(rgb) for _, rgb in made.iterate()] == [2, 3, 4, 5, 6, 7, 8]
            shown = made.index.pts * float(made.index.time_base)
            recorded = source.index.pts * float(source.index.time_base)
        np.testing.assert_allclose(shown, recorded[2:9] - recorded[2], atol=1e-4)

    @pytest.mark.parametrize(("speed", "fps"), [(1.0, 30.0), (0.1, 3.0), (4.0, 120.0)])
    def test_even_frames_stay_even(self, tmp_path: Path, speed: float, fps: float) -> None:
        video = write_barcode_video(tmp_path / "v.mp4", 9)
        write_poses(poses_of(np.full((9, 1, 1, 2), np.nan)), tmp_path / "poses")
        out = tmp_path / "film.mp4"
        write_labelled_video(tmp_path / "poses", video, out, LabelledVideoConfig(speed=speed))
        with VideoReader(out) as made:
            assert made.info.frame_count == 9
            assert made.info.fps == pytest.approx(fps)
            assert not made.info.variable_rate
            assert (made.stream.duration or 0) * float(made.index.time_base) == pytest.approx(9 / fps)

    def test_browsers_play_it(self, tmp_path: Path) -> None:
        video = write_grey(tmp_path / "v.mp4", 3)
        config = LabelledVideoConfig(crop=Crop(0, 0, 101, 75))
        film(tmp_path, poses_of(wander(3, width=100, height=75)), video, config)
        file = tmp_path / "out" / "film.mp4"
        with av.open(str(file)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
            assert (context.width, context.height) == (102, 76)
        content = file.read_bytes()
        assert content.index(b"moov") < content.index(b"mdat")


class TestNothingHalfWritten:
    @pytest.fixture
    def store(self, tmp_path: Path) -> Path:
        return write_poses(poses_of(wander(12)), tmp_path / "poses")

    @pytest.fixture
    def video(self, tmp_path: Path) -> Path:
        return write_grey(tmp_path / "v.mp4")

    @staticmethod
    def left(tmp_path: Path) -> list[str]:
        return [file.name for file in (tmp_path / "out").iterdir()] if (tmp_path / "out").exists() else []

    def test_after_cancelling(self, tmp_path: Path, store: Path, video: Path) -> None:
        def stop(progress: Progress) -> None:
            if progress.done == 7:
                assert self.left(tmp_path)  # the draft
                raise Cancelled

        with pytest.raises(Cancelled):
            write_labelled_video(
                store, video, tmp_path / "out" / "f.mp4", LabelledVideoConfig(), on_progress=stop
            )
        assert self.left(tmp_path) == []

    @pytest.mark.parametrize(
        ("config", "words"),
        [
            (LabelledVideoConfig(first=12), "has frames 0 to 11"),
            (LabelledVideoConfig(last=12), "has frames 0 to 11"),
            (LabelledVideoConfig(crop=Crop(100, 0, 61, 96)), "160 x 96"),
            (LabelledVideoConfig(scale=0.1), "16 x 10"),
        ],
    )
    def test_after_a_bad_request(
        self, tmp_path: Path, store: Path, video: Path, config: LabelledVideoConfig, words: str
    ) -> None:
        with pytest.raises(BadInput, match=words):
            write_labelled_video(store, video, tmp_path / "out" / "f.mp4", config)
        assert self.left(tmp_path) == []

    def test_what_exists_is_not_overwritten(self, tmp_path: Path, store: Path, video: Path) -> None:
        out = tmp_path / "f.mp4"
        out.write_bytes(b"mine")
        with pytest.raises(BadMovie, match="exists already"):
            write_labelled_video(store, video, out, LabelledVideoConfig())
        assert out.read_bytes() == b"mine"

    def test_a_folder_that_cannot_be(self, tmp_path: Path, store: Path, video: Path) -> None:
        with pytest.raises(CannotWrite):
            write_labelled_video(store, video, video / "f.mp4", LabelledVideoConfig())

    def test_poses_of_a_longer_video(self, tmp_path: Path, video: Path) -> None:
        write_poses(poses_of(wander(13)), tmp_path / "long")
        with pytest.raises(BadLabelledVideo, match="poses of frame 12"):
            write_labelled_video(tmp_path / "long", video, tmp_path / "out" / "f.mp4", LabelledVideoConfig())

    def test_a_prediction_that_is_not_finished(self, tmp_path: Path, video: Path) -> None:
        poses = poses_of(wander(8))
        writer = PosesWriter(tmp_path / "part", poses.skeleton, poses.individuals, 12, chunk=4)
        writer.append(poses.points_px, poses.confidence)
        with pytest.raises(BadLabelledVideo, match="only 8 of 12"):
            write_labelled_video(tmp_path / "part", video, tmp_path / "out" / "f.mp4", LabelledVideoConfig())

    def test_poses_of_another_file_are_told_of(self, tmp_path: Path, video: Path) -> None:
        poses = poses_of(wander(12))
        poses.provenance["video_fingerprint"] = "0" * 64
        made, _ = film(tmp_path, poses, video)
        assert len(made.warnings) == 1


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_threshold_that_is_none(confidence: float) -> None:
    with pytest.raises(BadLook):
        PoseLook(min_confidence=confidence)


def test_a_range_that_is_none() -> None:
    with pytest.raises(BadLabelledVideo, match="5 to 4"):
        LabelledVideoConfig(first=5, last=4)


class TestCommand:
    def test_writes_and_says_what(self, tmp_path: Path) -> None:
        write_poses(poses_of(wander(12)), tmp_path / "poses")
        video, out = write_grey(tmp_path / "v.mp4"), tmp_path / "f.mp4"
        given = ["pose", "film", "--poses", str(tmp_path / "poses"), "--video", str(video), "--out", str(out)]
        done = CliRunner().invoke(main, [*given, "--frames", "2-5", "--crop", "0,0,100,80", "--json"])
        assert done.exit_code == 0, done.output
        assert '"frame_count": 4' in done.stdout
        assert len(drawn(out)) == 4
        again = CliRunner().invoke(main, given)
        assert again.exit_code == 2
        assert "exists already" in again.stderr
