from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from sbea_engine.data import Camera, CameraGroup
from sbea_engine.data.camera import BadCamera


def make(name: str = "a", **changes: Any) -> Camera:
    numbers: dict[str, Any] = {
        "name": name,
        "width": 120,
        "height": 90,
        "K": [[100.0, 0, 59.5], [0, 110, 44.5], [0, 0, 1]],
        "distortion": [-0.2, 0.05, 1e-3, -1e-3, 0.0],
        "R": np.diag([1.0, -1, -1]).tolist(),
        "t": [10.0, 20, 300],
    }
    return Camera.from_dict(numbers | changes)


class TestCamera:
    def test_survives_json(self) -> None:
        camera = make()
        again = Camera.from_dict(json.loads(json.dumps(camera.to_dict())))
        assert again.to_dict() == camera.to_dict()
        assert (again.name, again.width, again.height) == ("a", 120, 90)

    def test_without_distortion_there_is_none(self) -> None:
        document = make().to_dict()
        del document["distortion"]
        np.testing.assert_array_equal(Camera.from_dict(document).distortion, np.zeros(5))

    def test_position_is_what_maps_to_the_origin(self) -> None:
        camera = make()
        np.testing.assert_allclose(camera.R @ camera.position_mm + camera.t, 0, atol=1e-12)
        np.testing.assert_allclose(camera.position_mm, (-10, 20, 300))

    def test_holds_the_pixels_of_the_image(self) -> None:
        px = np.array([(-0.5, 0), (119.4, 89.4), (119.5, 3), (3, 89.5), (-0.6, 0), (np.nan, 3)])
        assert make().holds(px).tolist() == [True, True, False, False, False, False]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"R": np.diag([1.0, 1, -1]).tolist()}, "not a rotation"),
            ({"R": (2 * np.eye(3)).tolist()}, "not a rotation"),
            ({"K": [[100.0, 0, 0], [0, 110, 0], [59.5, 44.5, 1]]}, "transposed"),
            ({"K": [[-100.0, 0, 59.5], [0, 110, 44.5], [0, 0, 1]]}, "positive"),
            ({"distortion": [0.1, 0.2]}, r"got \(3, 3\), \(2,\)"),
            ({"t": [1.0, 2, np.inf]}, "not finite"),
            ({"t": [1.0, 2, "x"]}, "could not convert"),
            ({"R": [[1, 0], [0]]}, "needs name, width"),
            ({"width": 0}, "0 x 90"),
            ({"width": 120.5}, "needs name, width"),
            ({"height": 10**9}, "120 x 1000000000"),
            ({"name": ""}, "needs a name"),
        ],
    )
    def test_numbers_that_make_no_camera_are_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(BadCamera, match=message):
            make(**changes)

    @pytest.mark.parametrize(
        "distortion",
        [
            [1e300, 0, 0, 0, 0], [0, 0, 0, 0, -1e308], [0, 0, 1e200, 0, 0], [0, 1e8, 0, 0, 0],
            [40, 0, 0, 0, 0],
        ],
    )  # fmt: skip
    def test_coefficients_of_no_lens_are_refused(self, distortion: list[float]) -> None:
        with pytest.raises(BadCamera, match=r"camera 'a' moves a point of the picture by .* 10 is the most"):
            make(distortion=distortion)

    def test_the_same_coefficients_are_small_in_a_narrow_view(self) -> None:
        """k3 of a long lens is large in numbers and moves a corner by a few pixels, of 1300."""
        long = [[12_000.0, 0, 959.5], [0, 12_000, 599.5], [0, 0, 1]]
        lens = [0.4, -30.0, 0.0, 0.0, 2000.0]
        assert make(width=1920, height=1200, K=long, distortion=lens).distortion[4] == 2000
        with pytest.raises(BadCamera, match="moves a point"):
            make(distortion=lens)

    def test_terms_of_unlike_signs_make_up_for_one_another(self) -> None:
        """The corner moves by 5.04 times its distance; without their signs they would add up to 10.05."""
        assert make(distortion=[-0.4, 9, 0, 0, -50]).distortion.tolist() == [-0.4, 9, 0, 0, -50]

    def test_a_lens_may_bend_most_before_the_corner(self) -> None:
        """By 8.84 times the distance at the corner, and by 100 / 9 inside."""
        with pytest.raises(BadCamera, match=r"by 11\.1 times its distance from the axis; 10 is the most"):
            make(distortion=[75, -150, 0, 0, 75])

    def test_a_coefficient_that_is_too_large_for_any_view_is_named(self) -> None:
        narrow = [[1e8, 0, 59.5], [0, 1e8, 44.5], [0, 0, 1]]
        with pytest.raises(BadCamera, match=r"has a coefficient of 2e\+09; 1e\+09 is the most"):
            make(K=narrow, distortion=[-2e9, 0, 0, 0, 0])

    def test_a_missing_number_is_named(self) -> None:
        with pytest.raises(BadCamera, match="'K'"):
            Camera.from_dict({k: v for k, v in make().to_dict().items() if k != "K"})


class TestCameraGroup:
    def test_survives_json_in_order(self) -> None:
        group = CameraGroup(cameras=(make("top"), make("side"), make("a")))
        again = CameraGroup.from_dict(json.loads(json.dumps(group.to_dict())))
        assert again.names == ("top", "side", "a")
        assert again.to_dict() == group.to_dict()
        assert len(again) == 3

    def test_by_name(self) -> None:
        group = CameraGroup(cameras=(make("top"), make("side")))
        assert group["side"] is group.cameras[1]
        assert group.select(("side",)).names == ("side",)
        with pytest.raises(BadCamera, match="No camera 'back'; the rig has top, side"):
            group["back"]

    def test_a_name_twice_is_refused(self) -> None:
        with pytest.raises(BadCamera, match="same name: top"):
            CameraGroup(cameras=(make("top"), make("top")))

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ({}, "sbea-calibration/1"),
            ({"format": "sbea-calibration/2", "cameras": []}, "got 'sbea-calibration/2'"),
            ({"format": "sbea-calibration/1", "cameras": []}, "1 to 64"),
            ({"format": "sbea-calibration/1", "cameras": {"a": 1}}, "list of cameras"),
            ({"format": "sbea-calibration/1", "cameras": [3]}, "list of cameras"),
            ({"format": "sbea-calibration/1", "cameras": [{}] * 100}, "got 100"),
        ],
    )
    def test_documents_that_hold_no_rig_are_refused(self, document: dict[str, Any], message: str) -> None:
        with pytest.raises(BadCamera, match=message):
            CameraGroup.from_dict(document)
