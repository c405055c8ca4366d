"""COCO files, against sleap-io: it reads what we write, we read what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sbea_engine.data import Visibility
from sbea_engine.io.coco_keypoints import BadCoco, find, looks_like, read_labels, write_labels
from sbea_engine.progress import ignore
from sbea_engine.video import read_source
from tests.sbea_engine.io.outside import SKELETON, assert_same_labels, make_labels, picture


def write(folder: Path, labels: Any) -> Path:
    return write_labels(folder, labels, title="mice", scorer="Ann", on_progress=ignore)


def document() -> dict[str, Any]:
    return {
        "images": [
            {"id": 10, "file_name": "day1/img3.png", "width": 64, "height": 48},
            {"id": 11, "file_name": "day1/img5.png", "width": 64, "height": 48},
        ],
        "annotations": [
            {"id": 1, "image_id": 10, "category_id": 7, "keypoints": [1.5, 2, 2, 3, 4, 1, 0, 0, 0]},
            {"id": 2, "image_id": 10, "category_id": 7, "keypoints": [9, 8, 2, 0, 0, 0, 7, 6, 2]},
            {"id": 3, "image_id": 11, "category_id": 7, "iscrowd": 1, "bbox": [0, 0, 9, 9]},
        ],
        "categories": [
            {"id": 7, "name": "mouse", "keypoints": ["nose", "ear_l", "ear_r"], "skeleton": [[1, 2], [1, 3]]}
        ],
    }


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "images" / "day1").mkdir(parents=True)
    (folder / "annotations").mkdir()
    for n in (3, 5):
        Image.fromarray(picture(n)).save(folder / "images" / "day1" / f"img{n}.png")
    (folder / "annotations" / "train.json").write_text(json.dumps(document()))
    return folder


class TestRead:
    def test_a_dataset(self, dataset: Path) -> None:
        assert looks_like(dataset)
        got = read_labels(find(dataset))
        labels = got.labels
        assert labels.individuals == ("animal 1", "animal 2")
        assert [(f.video, f.index) for f in labels.frames] == [("day1", 3)]
        assert labels.skeleton.edges == (("nose", "ear_l"), ("nose", "ear_r"))
        assert labels.visibility[0].tolist() == [[2, 1, -1], [2, -1, 2]]
        np.testing.assert_array_equal(labels.points_px[0, 0], [[1.5, 2], [3, 4], [np.nan, np.nan]])
        np.testing.assert_array_equal(read_source(labels.frames[0]), picture(3))
        assert any("1 annotations without keypoints" in warning for warning in got.warnings)
        assert any("1 of 2 images carry no label" in warning for warning in got.warnings)

    def test_tracks_are_individuals(self, dataset: Path) -> None:
        changed = document()
        changed["annotations"][0]["track_id"] = 5
        changed["annotations"][1]["attributes"] = {"object_id": 3}
        (dataset / "annotations" / "train.json").write_text(json.dumps(changed))
        labels = read_labels(find(dataset)).labels
        assert labels.individuals == ("track 5", "track 3")
        assert labels.points_px[0, :, 0].tolist() == [[1.5, 2], [9, 8]]


class TestThereAndBack:
    @settings(max_examples=8, deadline=None)
    @given(seed=st.integers(0, 10**6), animals=st.sampled_from([("animal 1",), ("ann", "bert")]))
    def test_labels(
        self, tmp_path_factory: pytest.TempPathFactory, seed: int, animals: tuple[str, ...]
    ) -> None:
        folder = tmp_path_factory.mktemp("coco")
        labels = make_labels(folder / "in", individuals=animals, seed=seed, guessed=True)
        got = read_labels(find(write(folder / "out", labels)))
        assert got.warnings == ()
        assert got.labels.skeleton == SKELETON
        assert_same_labels(got.labels, labels)


@pytest.mark.filterwarnings("ignore::Warning:sleap_io.*")
class TestSleapIo:
    def test_it_reads_ours(self, tmp_path: Path) -> None:
        sio: Any = pytest.importorskip("sleap_io", reason="sleap-io is in the extra 'interop'")
        labels = make_labels(tmp_path / "in", videos=("cam",))
        folder = write(tmp_path / "out", labels)
        theirs = sio.load_coco(str(folder / "annotations.json"), dataset_root=str(folder))
        assert theirs.skeletons[0].node_names == list(SKELETON.keypoints)
        assert theirs.skeletons[0].edge_names == [tuple(edge) for edge in SKELETON.edges]
        assert len(theirs) == len(labels)
        for row, frame in enumerate(theirs):
            np.testing.assert_array_equal(frame.image, read_source(labels.frames[row]))
            for instance in frame.instances:
                i = int(instance.track.name.removeprefix("track_")) - 1
                np.testing.assert_array_equal(instance.numpy().astype(np.float32), labels.points_px[row, i])

    def test_ours_reads_it(self, tmp_path: Path) -> None:
        sio: Any = pytest.importorskip("sleap_io", reason="sleap-io is in the extra 'interop'")
        (tmp_path / "cam").mkdir()
        for n in range(3):
            Image.fromarray(picture(n)).save(tmp_path / "cam" / f"f{n}.png")
        video = sio.Video.from_filename([str(tmp_path / "cam" / f"f{n}.png") for n in range(3)])
        skeleton = sio.Skeleton(["a", "b"], edges=[("a", "b")])
        points = np.random.default_rng(0).uniform(1, 40, (3, 2, 2))
        frames = [
            sio.LabeledFrame(
                video=video, frame_idx=n, instances=[sio.Instance.from_numpy(points[n], skeleton=skeleton)]
            )
            for n in range(3)
        ]
        sio.save_coco(sio.Labels(frames), str(tmp_path / "out.json"))
        got = read_labels(tmp_path / "out.json").labels
        np.testing.assert_array_equal(got.points_px[:, 0], points.astype(np.float32))
        assert (got.visibility == Visibility.VISIBLE).all()
        assert [f.index for f in got.frames] == [0, 1, 2]


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(made: dict[str, Any]) -> None:
        *keys, last = [int(key) if key.isdecimal() else key for key in path.split("/")]
        place: Any = made
        for key in keys:
            place = place[key]
        place[last] = value

    return change


BAD: dict[str, tuple[Callable[[dict[str, Any]], None] | str, str]] = {
    "no JSON": ("{", "not readable JSON"),
    "deep": ("[" * 100_000, "not readable JSON"),
    "a list": ("[]", "not laid out as COCO"),
    "no images": (_set("images", 7), "has no list 'images'"),
    "no keypoints": (_set("categories/0/keypoints", []), "no category has keypoints"),
    "same names": (_set("categories/0/keypoints", ["a", "a", "b"]), "must be unique"),
    "odd keypoints": (_set("categories/0/keypoints", 7), "not laid out as COCO"),
    "missing image": (_set("images/0/file_name", "none.png"), "not below"),
    "climbing image": (_set("images/0/file_name", "../../../etc/hostname"), "not below"),
    "absolute image": (_set("images/0/file_name", "/etc/hostname"), "not below"),
    "image twice": (_set("images/0/file_name", "day1/img5.png"), "img5.png is listed twice"),
    "unknown image": (_set("annotations/0/image_id", 99), "annotation 1 is of an image"),
    "short": (_set("annotations/0/keypoints", [1, 2, 2]), "annotation 1: has 3 numbers; 9 are"),
    "text": (_set("annotations/0/keypoints", ["a"] * 9), "keypoints are no numbers"),
    "nested": (_set("annotations/0/keypoints", [[1, 2], [3]]), "keypoints are no numbers"),
    "huge number": (_set("annotations/0/keypoints", [10**400] * 9), "keypoints are no numbers"),
    "visibility": (_set("annotations/0/keypoints", [1, 2, 3] * 3), "a visibility is 0, 1 or 2"),
    "far": (_set("annotations/0/keypoints", [1e9, 2, 2] * 3), "further out"),
    "infinite": (_set("annotations/0/keypoints", [float("inf"), 2, 2] * 3), "further out"),
    "annotation": (_set("annotations/0", 7), "not laid out as COCO"),
    "list for an id": (_set("images/0/id", []), "not laid out as COCO"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files(dataset: Path, kind: str) -> None:
    change, reason = BAD[kind]
    made = document()
    if not isinstance(change, str):
        change(made)
    file = dataset / "annotations" / "train.json"
    file.write_text(change if isinstance(change, str) else json.dumps(made))
    with pytest.raises(BadCoco) as error:
        read_labels(file)
    assert str(file) in str(error.value)
    assert reason in str(error.value)


def test_nothing_is_left_of_what_fails(tmp_path: Path) -> None:
    labels = make_labels(tmp_path / "in")
    labels.frames[-1].path.write_bytes(b"no picture")
    with pytest.raises(Exception, match="not an image"):
        write(tmp_path / "out", labels)
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
