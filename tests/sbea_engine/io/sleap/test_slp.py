"""Project files, against sleap-io: it reads what we write, we read what it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Visibility
from sbea_engine.io.sleap import BadSleap, read_slp, write_slp
from sbea_engine.video import read_source
from tests.sbea_engine.io.outside import (
    SKELETON,
    assert_same_labels,
    assert_same_poses,
    make_labels,
    make_poses,
    picture,
)

sio: Any = pytest.importorskip("sleap_io", reason="sleap-io is in the extra 'interop'")
pytestmark = pytest.mark.filterwarnings("ignore::Warning:sleap_io.*")


def sleap_skeleton() -> Any:
    skeleton = sio.Skeleton(list(SKELETON.keypoints), edges=[tuple(e) for e in SKELETON.edges])
    skeleton.add_symmetry("left ear", "right ear")
    return skeleton


def sleap_video(folder: Path, count: int = 3) -> Any:
    folder.mkdir(exist_ok=True)
    for n in range(count):
        Image.fromarray(picture(n)).save(folder / f"f{n}.png")
    return sio.Video.from_filename([str(folder / f"f{n}.png") for n in range(count)])


class TestRead:
    """What sleap-io wrote."""

    def test_people_and_models_stay_apart(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(1)
        skeleton, video = sleap_skeleton(), sio.Video("somewhere/else/cam.mp4", open_backend=False)
        placed, predicted = rng.uniform(0, 500, (3, 4, 2)), rng.uniform(0, 500, (3, 4, 2))
        track = sio.Track("ann")
        frames = [
            sio.LabeledFrame(
                video=video,
                frame_idx=7 * n,
                instances=[
                    sio.Instance.from_numpy(placed[n], skeleton=skeleton),
                    sio.PredictedInstance.from_numpy(
                        predicted[n],
                        skeleton=skeleton,
                        point_scores=np.full(4, 0.25 * n),
                        score=0.5,
                        track=track,
                    ),
                ],
            )
            for n in range(3)
        ]
        sio.Labels(frames).save(str(tmp_path / "a.slp"), verbose=False)
        got = read_slp(tmp_path / "a.slp")
        assert got.labels is not None
        assert got.skeleton == SKELETON
        assert [(f.video, f.index) for f in got.labels.frames] == [("cam", 0), ("cam", 7), ("cam", 14)]
        assert got.labels.individuals == ("animal 1",)
        np.testing.assert_array_equal(got.labels.points_px[:, 0], placed.astype(np.float32))
        poses = got.poses["cam"]
        assert (poses.individuals, poses.frames.tolist()) == (("ann",), [0, 7, 14])
        np.testing.assert_array_equal(poses.points_px[:, 0], predicted.astype(np.float32))
        np.testing.assert_array_equal(poses.confidence[:, 0, 0], np.array([0, 0.25, 0.5], np.float32))
        assert any("cam.mp4: named in the file, not beside it" in warning for warning in got.warnings)

    def test_a_node_that_is_not_visible_is_guessed(self, tmp_path: Path) -> None:
        points = np.array([[1.0, 2], [3, 4], [np.nan, np.nan], [7, 8]])
        instance = sio.Instance.from_numpy(points, skeleton=sleap_skeleton())
        instance.points["visible"][1] = False
        frame = sio.LabeledFrame(
            video=sio.Video("a.mp4", open_backend=False), frame_idx=0, instances=[instance]
        )
        sio.Labels([frame]).save(str(tmp_path / "a.slp"), verbose=False)
        labels = read_slp(tmp_path / "a.slp").labels
        assert labels is not None
        assert labels.visibility[0, 0].tolist() == [
            Visibility.VISIBLE,
            Visibility.GUESSED,
            Visibility.UNLABELLED,
            Visibility.VISIBLE,
        ]
        np.testing.assert_array_equal(labels.points_px[0, 0], points.astype(np.float32))

    def test_tracks_first_then_the_others_in_order(self, tmp_path: Path) -> None:
        skeleton, video = sleap_skeleton(), sio.Video("a.mp4", open_backend=False)
        ann, bert = sio.Track("ann"), sio.Track("bert")

        def instance(x: float, track: Any = None) -> Any:
            return sio.Instance.from_numpy(np.full((4, 2), x), skeleton=skeleton, track=track)

        frames = [
            sio.LabeledFrame(video=video, frame_idx=0, instances=[instance(1, bert), instance(2, ann)]),
            sio.LabeledFrame(
                video=video, frame_idx=1, instances=[instance(3), instance(4, bert), instance(5)]
            ),
        ]
        sio.Labels(frames, tracks=[ann, bert]).save(str(tmp_path / "a.slp"), verbose=False)
        labels = read_slp(tmp_path / "a.slp").labels
        assert labels is not None
        assert labels.individuals == ("ann", "bert", "animal 1", "animal 2")
        np.testing.assert_array_equal(
            labels.points_px[:, :, 0, 0], [[2, 1, np.nan, np.nan], [np.nan, 4, 3, 5]]
        )

    def test_images_beside_the_file(self, tmp_path: Path) -> None:
        video = sleap_video(tmp_path / "pictures")
        frame = sio.LabeledFrame(
            video=video,
            frame_idx=2,
            instances=[sio.Instance.from_numpy(np.ones((4, 2)), skeleton=sleap_skeleton())],
        )
        sio.Labels([frame]).save(str(tmp_path / "a.slp"), verbose=False)
        labels = read_slp(tmp_path / "a.slp").labels
        assert labels is not None
        np.testing.assert_array_equal(read_source(labels.frames[0]), picture(2))

    def test_videos_of_one_name_are_not_mixed_up(self, tmp_path: Path) -> None:
        for view in ("left", "right"):
            (tmp_path / view).mkdir()
            (tmp_path / view / "run.mp4").write_bytes(b"not opened here")

        def frame(path: str) -> Any:
            return sio.LabeledFrame(
                video=sio.Video(path, open_backend=False),
                frame_idx=0,
                instances=[sio.Instance.from_numpy(np.ones((4, 2)), skeleton=sleap_skeleton())],
            )

        paths = [f"/old/disk/{view}/run.mp4" for view in ("right", "left", "top")]
        sio.Labels([frame(path) for path in paths]).save(str(tmp_path / "a.slp"), verbose=False)
        got = read_slp(tmp_path / "a.slp")
        assert got.labels is not None
        assert [f.path for f in got.labels.frames] == [
            tmp_path / "right" / "run.mp4",
            tmp_path / "left" / "run.mp4",
            tmp_path / "run.mp4",
        ]
        assert got.warnings == (
            "run.mp4: named in the file, not beside it. Put it there to read its frames.",
        )

    def test_images_of_one_name_are_not_mixed_up(self, tmp_path: Path) -> None:
        labels = make_labels(tmp_path / "in")
        got = read_slp(write_slp(tmp_path / "in" / "a.slp", labels=labels)).labels
        assert got is not None
        assert [f.path for f in got.frames] == [labels.frames[n].path for n in labels.time_order()]

    @pytest.mark.parametrize("plugin", ["opencv", "imageio"])
    @pytest.mark.parametrize("order", ["as written", "before 1.4"])
    def test_pictures_of_a_package(self, tmp_path: Path, plugin: str, order: str) -> None:
        video = sleap_video(tmp_path / "pictures", 5)
        frames = [
            sio.LabeledFrame(
                video=video,
                frame_idx=n,
                instances=[sio.Instance.from_numpy(np.full((4, 2), n), skeleton=sleap_skeleton())],
            )
            for n in (1, 4)
        ]
        file = tmp_path / "a.pkg.slp"
        sio.Labels(frames).save(str(file), embed=True, verbose=False, plugin=plugin)
        swapped = order == "before 1.4"
        if swapped:  # such a file says nothing, and is taken as packed by OpenCV
            with h5py.File(file, "r+") as store:
                del store["video0/video"].attrs["channel_order"]
                store["metadata"].attrs["format_id"] = 1.3
        got = read_slp(file, pictures=tmp_path / "out")
        assert got.labels is not None
        assert [f.index for f in got.labels.frames] == [1, 4]
        for source in got.labels.frames:
            assert source.path.is_relative_to(tmp_path / "out")
            expected = picture(source.index)
            np.testing.assert_array_equal(read_source(source), expected[..., ::-1] if swapped else expected)

    def test_old_files_count_from_the_corner(self, tmp_path: Path) -> None:
        frame = sio.LabeledFrame(
            video=sio.Video("a.mp4", open_backend=False),
            frame_idx=0,
            instances=[sio.Instance.from_numpy(np.full((4, 2), 10.0), skeleton=sleap_skeleton())],
        )
        sio.Labels([frame]).save(str(tmp_path / "a.slp"), verbose=False)
        with h5py.File(tmp_path / "a.slp", "r+") as store:
            store["metadata"].attrs["format_id"] = 1.0
        labels = read_slp(tmp_path / "a.slp").labels
        assert labels is not None
        assert (labels.points_px == 9.5).all()


class TestWrite:
    """What sleap-io reads of ours."""

    @pytest.mark.parametrize("embed", [False, True])
    def test_labels(self, tmp_path: Path, embed: bool) -> None:
        labels = make_labels(tmp_path / "in", guessed=True)
        file = write_slp(tmp_path / ("a.pkg.slp" if embed else "a.slp"), labels=labels, embed=embed)
        theirs = sio.load_slp(str(file))
        assert [track.name for track in theirs.tracks] == ["ann", "bert"]
        assert theirs.skeletons[0].node_names == list(SKELETON.keypoints)
        assert theirs.skeletons[0].edge_names == [tuple(e) for e in SKELETON.edges]
        assert [{n.name for n in s.nodes} for s in theirs.skeletons[0].symmetries] == [
            {"left ear", "right ear"}
        ]
        assert len(theirs) == len(labels)
        order = labels.time_order()
        for frame, row in zip(theirs, order, strict=True):
            if embed:
                assert frame.frame_idx == labels.frames[row].index
            np.testing.assert_array_equal(frame.image, read_source(labels.frames[row]))
            for instance in frame.instances:
                i = labels.individuals.index(instance.track.name)
                points = instance.numpy(invisible_as_nan=False).astype(np.float32)
                np.testing.assert_array_equal(points, labels.points_px[row, i])
                visible = instance.points["visible"]
                np.testing.assert_array_equal(visible, labels.visibility[row, i] == Visibility.VISIBLE)

    def test_poses(self, tmp_path: Path) -> None:
        poses = make_poses(start=5)
        theirs = sio.load_slp(str(write_slp(tmp_path / "a.slp", poses={"cam": poses})))
        assert len(theirs) == len(poses)
        assert theirs.videos[0].filename == str(Path("cam.mp4").resolve())
        for row, frame in enumerate(theirs):
            assert frame.frame_idx == poses.frames[row]
            for instance in frame.predicted_instances:
                i = poses.individuals.index(instance.track.name)
                np.testing.assert_array_equal(instance.numpy().astype(np.float32), poses.points_px[row, i])
                np.testing.assert_array_equal(
                    instance.points["score"].astype(np.float32), poses.confidence[row, i]
                )

    def test_a_person_and_a_model_on_one_frame(self, tmp_path: Path) -> None:
        labels = make_labels(tmp_path / "in", videos=("cam",), frames=(0, 4))
        file = write_slp(tmp_path / "a.pkg.slp", labels=labels, poses={"cam": make_poses()}, embed=True)
        theirs = sio.load_slp(str(file))
        assert len(theirs) == 20
        assert [len(frame.user_instances) for frame in theirs][:5] == [2, 0, 0, 0, 2]
        got = read_slp(file)
        assert got.labels is not None
        assert_same_labels(got.labels, labels)
        np.testing.assert_array_equal(got.poses["cam"].points_px[:3], make_poses().points_px[:3])

    def test_nothing_to_write(self, tmp_path: Path) -> None:
        with pytest.raises(BadSleap, match="nothing to write"):
            write_slp(tmp_path / "a.slp")

    def test_a_frame_that_cannot_be_read_leaves_nothing(self, tmp_path: Path) -> None:
        labels = make_labels(tmp_path / "in")
        labels.frames[-1].path.write_bytes(b"no picture")
        with pytest.raises(Exception, match="not an image"):
            write_slp(tmp_path / "out" / "a.pkg.slp", labels=labels, embed=True)
        assert list((tmp_path / "out").iterdir()) == []


class TestThereAndBack:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(seed=st.integers(0, 10**6), animals=st.sampled_from([("animal 1",), ("x",), ("b", "a", "c")]))
    def test_labels(
        self, tmp_path_factory: pytest.TempPathFactory, seed: int, animals: tuple[str, ...]
    ) -> None:
        folder = tmp_path_factory.mktemp("slp")
        labels = make_labels(folder / "in", individuals=animals, seed=seed, guessed=True)
        file = write_slp(folder / "a.pkg.slp", labels=labels, embed=True)
        got = read_slp(file, pictures=folder / "pictures")
        assert got.labels is not None
        assert got.warnings == ()
        assert got.skeleton == SKELETON
        assert_same_labels(got.labels, labels)
        pixels = {(f.video, f.index): f for f in labels.frames}
        for source in got.labels.frames[::5]:
            expected = read_source(pixels[source.video, source.index])
            np.testing.assert_array_equal(read_source(source), expected)

    @settings(max_examples=15, deadline=None)
    @given(seed=st.integers(0, 10**6), start=st.integers(0, 10**6))
    def test_poses(self, tmp_path_factory: pytest.TempPathFactory, seed: int, start: int) -> None:
        poses = make_poses(seed=seed, start=start)
        file = write_slp(tmp_path_factory.mktemp("slp") / "a.slp", poses={"cam": poses})
        assert_same_poses(read_slp(file).poses["cam"], poses)

    def test_a_video_file_beside(self, tmp_path: Path) -> None:
        (tmp_path / "cam.mp4").write_bytes(b"not opened here")
        frames = tuple(FrameSource(video="cam", index=n, path=tmp_path / "cam.mp4") for n in (3, 9))
        points = np.ones((2, 1, 4, 2), np.float32)
        labels = LabelSet(
            skeleton=SKELETON,
            individuals=("animal 1",),
            frames=frames,
            points_px=points,
            visibility=np.full((2, 1, 4), Visibility.VISIBLE, np.int8),
        )
        got = read_slp(write_slp(tmp_path / "a.slp", labels=labels))
        assert got.labels is not None
        assert got.labels.frames == frames
        assert got.warnings == ()
