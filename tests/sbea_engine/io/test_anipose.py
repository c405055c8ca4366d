from __future__ import annotations

from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from sbea_engine.data import CameraGroup
from sbea_engine.geometry.check import BadRig
from sbea_engine.io.anipose import parse_anipose
from sbea_engine.io.calibration_file import BadCalibration
from sbea_engine.io.registry import read_calibration
from tests.sbea_engine.geometry.conftest import random_rig

REAL = Path(__file__).parents[4] / "shared" / "data" / "sleap_anipose"


def toml_of(rig: CameraGroup, extra: str = "", *, more_in_first: str = "") -> str:
    """As Anipose writes it; the rotation vector by OpenCV."""
    tables = []
    for i, camera in enumerate(rig):
        vector, _ = cv2.Rodrigues(camera.R)
        tables.append(
            f"[cam_{i}]\n"
            f'name = "{camera.name}"\n'
            f"size = [ {camera.width}, {camera.height},]\n"
            f"matrix = {camera.K.tolist()}\n"
            f"distortions = {camera.distortion.tolist()}\n"
            f"rotation = {vector[:, 0].tolist()}\n"
            f"translation = {camera.t.tolist()}\n" + (more_in_first if i == 0 else "")
        )
    return "\n".join(tables) + "\n[metadata]\nadjusted = false\nerror = 0.4\n" + extra


@pytest.fixture
def rig() -> CameraGroup:
    return random_rig(3, 0)


@pytest.mark.parametrize("seed", range(5))
def test_cameras_come_as_they_are(seed: int) -> None:
    rig = random_rig(12, seed)  # with cam_10 and cam_11 after cam_2
    found = parse_anipose(toml_of(rig), "calibration.toml").cameras
    assert found.names == rig.names
    for camera, truth in zip(found, rig, strict=True):
        np.testing.assert_allclose(camera.R, truth.R, atol=1e-9)
        np.testing.assert_allclose(camera.t, truth.t)
        np.testing.assert_array_equal(camera.K, truth.K)
        np.testing.assert_array_equal(camera.distortion, truth.distortion)
        assert (camera.width, camera.height) == (truth.width, truth.height)


def test_no_rotation_is_none(rig: CameraGroup) -> None:
    text = toml_of(rig)
    vector = cv2.Rodrigues(rig.cameras[0].R)[0][:, 0].tolist()
    found = parse_anipose(text.replace(str(vector), "[0, 0, 0]"), "calibration.toml")
    np.testing.assert_array_equal(found.cameras.cameras[0].R, np.eye(3))


def test_the_unit_is_said_or_given(rig: CameraGroup) -> None:
    found = parse_anipose(toml_of(rig), "calibration.toml")
    assert found.warnings == ("calibration.toml: names no unit; its translations are taken for millimetres.",)
    metres = parse_anipose(toml_of(rig), "calibration.toml", unit_mm=1000)
    assert metres.warnings == ()
    np.testing.assert_allclose(metres.cameras.cameras[0].t, 1000 * rig.cameras[0].t)
    with pytest.raises(BadCalibration, match="above 0 mm"):
        parse_anipose(toml_of(rig), "calibration.toml", unit_mm=0)


def test_few_coefficients_are_the_first_ones(rig: CameraGroup) -> None:
    given = str(rig.cameras[0].distortion.tolist())
    found = parse_anipose(toml_of(rig).replace(given, "[-0.3]", 1), "calibration.toml")
    assert found.cameras.cameras[0].distortion.tolist() == [-0.3, 0, 0, 0, 0]


def test_fisheye_is_refused_by_name(rig: CameraGroup) -> None:
    with pytest.raises(BadCalibration, match="cam_0: 'cam0' is a fisheye camera"):
        parse_anipose(toml_of(rig, more_in_first="fisheye = true\n"), "calibration.toml")


def test_a_rational_lens_is_refused_by_name(rig: CameraGroup) -> None:
    given = str(rig.cameras[1].distortion.tolist())
    text = toml_of(rig).replace(given, "[0.1, 0, 0, 0, 0, 0.2, 0, 0]", 1)
    with pytest.raises(BadCalibration, match="cam_1: 'cam1' has 8 distortion coefficients"):
        parse_anipose(text, "calibration.toml")


def test_what_is_not_read_is_said(rig: CameraGroup) -> None:
    text = toml_of(rig, extra="[board]\nsquare = 3\n", more_in_first='lens = "wide"\n')
    assert parse_anipose(text, "c.toml", unit_mm=10).warnings == (
        "c.toml: 'board' is not read.",
        "c.toml: 'cam_0.lens' is not read.",
    )


def test_of_very_much_that_is_not_read_the_first_ten_are_said(rig: CameraGroup) -> None:
    extra = "".join(f"[other{i}]\n" for i in range(30))
    text = toml_of(rig, extra=extra, more_in_first=f'{"k" * 500} = 1\n"a\\u0000" = 1\n')
    found = parse_anipose(text, "c.toml", unit_mm=10).warnings
    assert found[0] == "c.toml: 'other0' is not read."
    assert (len(found), found[-1]) == (11, "c.toml: and 22 more that are not read.")
    few = parse_anipose(
        toml_of(rig, more_in_first=f'{"k" * 500} = 1\n"a\\u0000" = 1\n'), "c.toml", unit_mm=10
    )
    assert few.warnings[0] == f"c.toml: 'cam_0.{'k' * 74}' is not read."
    assert "\0" not in few.warnings[1], "no database keeps NUL"


def test_a_table_with_an_endless_number_is_no_camera(rig: CameraGroup) -> None:
    text = toml_of(rig, extra=f"[cam_{'9' * 5000}]\n[cam_\u0661]\n".replace("cam_\u0661", '"cam_\u0661"'))
    found = parse_anipose(text, "c.toml", unit_mm=10)
    assert (len(found.cameras), len(found.warnings)) == (3, 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[cam_", "[kamera_", "no table cam_0"),
        ("size = [ 1280, 1024,]\n", "", "cam_0: size: Field required"),
        ("size = [ 1280, 1024,]", "size = [1280]", r"cam_0: size"),
        ("size = [ 1280, 1024,]", "size = [0, 1024]", r"cam_0: .* 0 x 1024"),
        ('name = "cam1"', 'name = "cam0"', "same name: cam0"),
        ('name = "cam1"', "name = 3", "cam_1: name"),
        ('name = "cam1"', 'name = "a\\u0000b"', "cam_1: name: .* none of them for control"),
        ("translation = [", f"translation = [{'9' * 5000}, ", "not TOML"),
        ("translation = [", f"translation = [{'9' * 400}, ", "cam_0: translation"),
        ("translation = [", "translation = [inf, ", r"cam_0: translation"),
        ("rotation = [", "rotation = [[", "not TOML"),
        ("[cam_1]", "[cam_0]", "not TOML"),
    ],
)
def test_damage_is_named(rig: CameraGroup, old: str, new: str, message: str) -> None:
    text = toml_of(rig)
    assert old in text
    with pytest.raises(BadCalibration, match=message):
        parse_anipose(text.replace(old, new), "c.toml")


@pytest.mark.parametrize("text", ["", "\0", "a = " + "[" * 100_000, "cam_0 = 3"])
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(BadCalibration, match=r"c\.toml"):
        parse_anipose(text, "c.toml")


@pytest.mark.realdata
class TestRealFile:
    """The calibration that ships with sleap-anipose has one camera's numbers under two names."""

    @pytest.fixture(autouse=True)
    def _there(self) -> None:
        if not REAL.is_dir():
            pytest.skip(f"{REAL} is not there")

    def test_the_duplicate_is_flagged(self) -> None:
        found = read_calibration(REAL / "calibration.toml")
        assert found.cameras.names == ("back", "mid", "side", "top")
        assert found.duplicates == (("side", "top"),)

    def test_proofread_points_show_which_of_the_two_is_wrong(self) -> None:
        found = read_calibration(REAL / "calibration.toml")
        px = []
        for name in found.cameras.names:
            with h5py.File(REAL / name / f"minimal_{name}_proofread.analysis.h5") as file:
                px.append(np.asarray(file["tracks"][0]).transpose(2, 1, 0).reshape(-1, 2))
        with pytest.raises(BadRig, match=r"Camera 'side' is at fault: .* the numbers of camera 'top'"):
            found.check_against(np.stack(px))
