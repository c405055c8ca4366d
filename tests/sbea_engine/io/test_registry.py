from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.errors import BadInput
from sbea_engine.io.calibration_file import BadCalibration, write_calibration
from sbea_engine.io.registry import (
    CALIBRATIONS,
    FORMATS,
    UnknownFormat,
    detect,
    get_calibration_format,
    get_format,
    read_calibration,
)
from sbea_engine.progress import ignore
from sbea_engine.video import read_source
from tests.sbea_engine.geometry.conftest import random_rig
from tests.sbea_engine.io.outside import assert_same_labels, assert_same_poses, make_labels, make_poses


@pytest.mark.parametrize("name", FORMATS)
class TestEveryFormat:
    """What all formats promise, whatever they are."""

    def test_it_is_found_by_its_name(self, name: str) -> None:
        assert get_format(name).name == name

    def test_it_goes_in_some_direction(self, name: str) -> None:
        entry = FORMATS[name]
        assert any((entry.read_labels, entry.read_poses, entry.read_poses3d, entry.write_labels))

    def test_it_says_in_a_sentence_what_people_hand_in_and_get(self, name: str) -> None:
        entry = FORMATS[name]
        for note, can in (
            (entry.place_note, entry.read_labels),
            (entry.labels_note, entry.write_labels),
            (entry.poses_note, entry.write_poses),
        ):
            assert bool(note) == bool(can)
            assert not note or note.endswith(".")
            assert len(note) < 140

    def test_it_says_whether_it_holds_one_individual_only(self, name: str, tmp_path: Path) -> None:
        entry = FORMATS[name]
        if entry.write_poses is None:
            pytest.skip("holds no predictions")
        poses = make_poses(individuals=("animal 1", "animal 2"))
        if entry.one_individual:
            with pytest.raises(BadInput, match="one individual"):
                entry.write_poses(tmp_path / "out", poses, name="cam", scorer="Net")
        else:
            assert entry.write_poses(tmp_path / "out", poses, name="cam", scorer="Net")

    def test_nothing_is_read_of_nothing(self, name: str, tmp_path: Path) -> None:
        entry = FORMATS[name]
        (tmp_path / "empty").mkdir()
        for place in (tmp_path / "empty", tmp_path / "nowhere"):
            for read in (entry.read_labels, entry.read_poses, entry.read_poses3d):
                if read is not None:
                    with pytest.raises(BadInput):
                        read(entry.find(place))

    def test_labels_there_and_back_as_what_they_look_like(self, name: str, tmp_path: Path) -> None:
        entry = FORMATS[name]
        if entry.write_labels is None or entry.read_labels is None:
            pytest.skip("holds no labels")
        labels = make_labels(tmp_path / "in", individuals=("animal 1",))
        entry.write_labels(tmp_path / "out", labels, title="mice", scorer="Ann", on_progress=ignore)
        assert FORMATS[str(detect(tmp_path / "out"))].read_labels == entry.read_labels or "csv" in name
        got = entry.read_labels(entry.find(tmp_path / "out"), pictures=tmp_path / "pictures").labels
        assert_same_labels(got, labels)
        np.testing.assert_array_equal(read_source(got.frames[0]), read_source(labels.frames[0]))
        with pytest.raises(BadInput, match="exists already"):
            entry.write_labels(tmp_path / "out", labels, title="mice", scorer="Ann", on_progress=ignore)
        with pytest.raises(BadInput, match="no labelled frames"):
            entry.write_labels(
                tmp_path / "none", labels.select([]), title="mice", scorer="Ann", on_progress=ignore
            )
        assert not (tmp_path / "none").exists()

    def test_poses_there_and_back(self, name: str, tmp_path: Path) -> None:
        entry = FORMATS[name]
        if entry.write_poses is None or entry.read_poses is None:
            pytest.skip("holds no predictions")
        poses = make_poses(individuals=("animal 1",))
        files = entry.write_poses(tmp_path / "out", poses, name="cam", scorer="Net")
        assert all(file.is_file() for file in files)
        got = entry.read_poses(files[0])
        assert list(got.poses) == ["cam"]
        assert_same_poses(got.poses["cam"], poses)

    def test_detection_never_raises(self, name: str, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"\0")
        assert not any(FORMATS[name].detect(place) for place in (tmp_path, file, tmp_path / "nowhere"))


def test_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UnknownFormat, match=r"Unknown format 'exel'; known: .*deeplabcut"):
        get_format("exel")


def test_detect(tmp_path: Path) -> None:
    assert detect(tmp_path) is None
    (tmp_path / "config.yaml").touch()
    (tmp_path / "labeled-data").mkdir()
    assert detect(tmp_path) == "deeplabcut"


def test_the_web_can_load_formats_without_heavy_libraries() -> None:
    program = (
        "import sys, sbea_engine.io.registry, sbea_engine.io.poses_store, sbea_engine.io.archive;"
        "heavy = ('torch', 'cv2', 'av', 'pandas', 'xarray', 'tables', 'pynwb', 'pyarrow');"
        "print([m for m in heavy if m in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", CALIBRATIONS)
class TestEveryCalibrationFormat:
    """What all calibration formats promise, whatever they are."""

    def test_it_is_found_by_its_name(self, name: str) -> None:
        assert get_calibration_format(name).name == name

    @pytest.mark.parametrize("text", ["", "\0", "[" * 50_000, "{}", "[]", '{"cameras": [{}]}', "[cam_0]\n"])
    def test_other_text_is_refused_and_the_file_named(self, name: str, text: str) -> None:
        with pytest.raises(BadCalibration, match=r"^a\.file: "):
            CALIBRATIONS[name].read(text, "a.file")

    def test_detection_never_raises(self, name: str) -> None:
        assert not any(
            CALIBRATIONS[name].looks_like(ending, text)
            for ending in ("", ".json", ".toml")
            for text in ("", "\0")
        )


class TestReadCalibration:
    def test_each_is_told_by_its_text(self, tmp_path: Path) -> None:
        rig = random_rig(2, 0)
        write_calibration(rig, tmp_path / "rig.json")
        recording = {"format": "sbea-recording/1", "cameras": rig.to_dict()["cameras"]}
        (tmp_path / "recording.json").write_text(json.dumps(recording))
        for place in ("rig.json", "recording.json", ""):
            assert read_calibration(tmp_path / place).cameras.to_dict() == rig.to_dict()

    def test_what_looks_like_nothing_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("left camera is broken")
        with pytest.raises(BadCalibration, match=r"notes\.txt: not a calibration .* Anipose"):
            read_calibration(tmp_path / "notes.txt")
        with pytest.raises(BadCalibration, match=r"recording\.json: no such file"):
            read_calibration(tmp_path)
        with pytest.raises(UnknownFormat, match="known: sbea, rendered, anipose"):
            read_calibration(tmp_path / "notes.txt", "caliscope")
