from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sbea_engine.data import CameraGroup
from sbea_engine.geometry import reproject
from sbea_engine.geometry.check import BadRig
from sbea_engine.io.calibration_file import (
    BadCalibration,
    parse_calibration,
    parse_rendered,
    read_text,
    write_calibration,
)
from tests.sbea_engine.geometry.conftest import random_rig


@pytest.fixture
def rig() -> CameraGroup:
    return random_rig(3, 0)


def text_of(rig: CameraGroup, **changes: Any) -> str:
    return json.dumps(rig.to_dict() | changes)


class TestOurOwn:
    def test_written_and_read_it_is_the_same(self, rig: CameraGroup, tmp_path: Path) -> None:
        file = write_calibration(rig, tmp_path / "deep" / "rig.json")
        found = parse_calibration(file.read_text(), "rig.json")
        assert found.cameras.to_dict() == rig.to_dict()
        assert (found.warnings, found.duplicates) == ((), ())
        assert [p.name for p in file.parent.iterdir()] == ["rig.json"]

    def test_what_exists_is_not_overwritten(self, rig: CameraGroup, tmp_path: Path) -> None:
        (tmp_path / "rig.json").write_text("precious")
        with pytest.raises(BadCalibration, match="is there already"):
            write_calibration(rig, tmp_path / "rig.json")
        assert (tmp_path / "rig.json").read_text() == "precious"

    def test_without_distortion_there_is_none(self, rig: CameraGroup) -> None:
        document = rig.to_dict()
        for camera in document["cameras"]:
            del camera["distortion"]
        found = parse_calibration(json.dumps(document), "rig.json")
        assert not any(camera.distortion.any() for camera in found.cameras)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda c: c[0].pop("K"), r"cameras\.0\.K: Field required"),
            (lambda c: c[1].update(focal=3), r"cameras\.1\.focal: Extra inputs"),
            (lambda c: c[0].update(K=[[1, 0], [0, 1]]), r"cameras\.0\.K"),
            (lambda c: c[2].update(t=[1, 2, "far"]), r"cameras\.2\.t\.2"),
            (lambda c: c[2].update(width=10.5), r"cameras\.2\.width"),
            (lambda c: c[1].update(name=c[0]["name"]), "same name: cam0"),
            (lambda c: c[1].update(R=np.diag([1, 1, -1]).tolist()), "not a rotation"),
            (lambda c: c[0].update(name="a\0b"), r"cameras\.0\.name: .* none of them for control"),
            (lambda c: c[0].update(name="\ud800"), r"cameras\.0\.name: .* none of them for control"),
            (lambda c: c[0].update(name="x" * 81), r"cameras\.0\.name: .* 1 to 80 characters"),
            (lambda c: c[0].update(name=""), r"cameras\.0\.name: .* 1 to 80 characters"),
            (lambda c: c[0].update(width=10**400), "Camera .cam0. has an image of 1000"),
            (lambda c: c[0].update(t=[10**400, 0, 0]), r"cameras\.0\.t"),
            (lambda c: c.clear(), "1 to 64 cameras, got 0"),
        ],
    )
    def test_what_does_not_fit_is_named(self, rig: CameraGroup, change: Any, message: str) -> None:
        document = json.loads(text_of(rig))
        change(document["cameras"])
        with pytest.raises(BadCalibration, match=rf"rig\.json: .*{message}"):
            parse_calibration(json.dumps(document), "rig.json")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "not JSON"),
            ("[" * 100_000, "not JSON"),
            ('{"a": ' + "9" * 5000 + "}", "not JSON"),
            ("[]", "not a JSON object"),
            ('{"format": "sbea-calibration/9"}', "'sbea-calibration/9', not 'sbea-calibration/1'"),
            ('{"format": "sbea-calibration/1"}', "cameras: Field required"),
            ('{"format": "sbea-calibration/1", "cameras": 3}', "valid list"),
        ],
    )
    def test_other_text_is_refused(self, text: str, message: str) -> None:
        with pytest.raises(BadCalibration, match=message):
            parse_calibration(text, "rig.json")

    def test_it_is_in_millimetres(self, rig: CameraGroup) -> None:
        with pytest.raises(BadCalibration, match=r"a unit of 10 mm cannot be given"):
            parse_calibration(text_of(rig), "rig.json", unit_mm=10)

    def test_numbers_that_are_not_finite_are_refused(self, rig: CameraGroup) -> None:
        text = text_of(rig).replace(str(rig.cameras[0].t[0]), "Infinity")
        with pytest.raises(BadCalibration, match="finite"):
            parse_calibration(text, "rig.json")


def test_a_rendered_recording(rig: CameraGroup) -> None:
    document = {"format": "sbea-recording/1", "fps": 30, "cameras": rig.to_dict()["cameras"], "seed": 1}
    assert parse_rendered(json.dumps(document), "r").cameras.to_dict() == rig.to_dict()
    with pytest.raises(BadCalibration, match="not 'sbea-recording/1'"):
        parse_rendered(text_of(rig), "rig.json")


class TestDuplicates:
    def test_are_flagged_by_name(self, rig: CameraGroup) -> None:
        document = rig.to_dict()
        document["cameras"].append(document["cameras"][1] | {"name": "copy"})
        found = parse_calibration(json.dumps(document), "rig.json")
        assert found.duplicates == (("cam1", "copy"),)
        assert "'cam1' and 'copy' have the same place" in found.warnings[0]

    def test_check_against_points(self, rig: CameraGroup) -> None:
        found = parse_calibration(text_of(rig), "rig.json")
        px = reproject(rig, np.random.default_rng(0).uniform(-100, 100, (30, 3)))
        assert max(found.check_against(px).median_px.values()) < 0.01
        px[1] += 40
        with pytest.raises(BadRig, match="do not meet"):
            found.check_against(px)


class TestReadText:
    def test_no_file_no_text(self, tmp_path: Path) -> None:
        with pytest.raises(BadCalibration, match="no such file"):
            read_text(tmp_path / "nowhere.json")
        with pytest.raises(BadCalibration, match="no such file"):
            read_text(tmp_path)
        (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(BadCalibration, match="UTF-8"):
            read_text(tmp_path / "a.json")

    def test_too_large(self, tmp_path: Path) -> None:
        with (tmp_path / "big.json").open("wb") as file:
            file.truncate(33 * 1024 * 1024)
        with pytest.raises(BadCalibration, match="too large"):
            read_text(tmp_path / "big.json")
