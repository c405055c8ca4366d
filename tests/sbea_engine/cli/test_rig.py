from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sbea_engine.cli import main
from sbea_engine.io.calibration_file import write_calibration
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.io.registry import read_calibration
from sbea_engine.pipelines.reconstruct_figures import evaluate_against_truth
from sbea_engine.synth import Truth, load_recipe, load_truth, render_recording
from tests.fixtures.true_poses import write_true_poses
from tests.sbea_engine.geometry.conftest import random_rig


def sbea(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def answer(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout.splitlines()[-1])


def problem(done: Result) -> Any:
    assert done.exit_code == 2, done.output
    return json.loads(done.stdout.splitlines()[-1])["error"]


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Two animals before three cameras that started late and lost frames."""
    recipe = load_recipe("tiny-dyad").timed(start_offset_s=0.1, drop_share=0.1)
    out = tmp_path_factory.mktemp("rig") / "recording"
    render_recording(recipe, cameras=3, frames=24, seed=3, labels=0, out=out)
    return load_truth(out)


@pytest.fixture(scope="module")
def stores(truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return write_true_poses(truth, tmp_path_factory.mktemp("poses"))


def poses_options(stores: Mapping[str, Path]) -> list[str]:
    return [word for view, store in stores.items() for word in ("--poses", f"{view}={store}")]


class TestShow:
    def test_a_rendered_recording(self, truth: Truth) -> None:
        found = answer(sbea("rig", "show", truth.folder, "--json"))
        assert [camera["name"] for camera in found["cameras"]] == list(truth.views)
        first = next(iter(truth.views.values())).camera
        np.testing.assert_allclose(found["cameras"][0]["position_mm"], first.position_mm)
        assert (found["duplicates"], found["warnings"]) == ([], [])
        table = sbea("rig", "show", truth.folder).stdout.splitlines()
        assert len(table) == 1 + len(truth.views)
        assert table[1].startswith(first.name)

    def test_a_camera_under_two_names_is_warned_of(self, tmp_path: Path) -> None:
        document = random_rig(2, 0).to_dict()
        document["cameras"][1] = document["cameras"][0] | {"name": "copy"}
        (tmp_path / "rig.json").write_text(json.dumps(document))
        done = sbea("rig", "show", tmp_path / "rig.json", "--json")
        assert answer(done)["duplicates"] == [["cam0", "copy"]]
        assert "warning: Cameras 'cam0' and 'copy'" in done.stderr

    def test_what_is_no_calibration(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("left is broken")
        assert problem(sbea("rig", "show", tmp_path / "notes.txt", "--json"))["code"] == "bad_calibration"
        assert problem(sbea("rig", "show", tmp_path / "gone.json", "--json"))["code"] == "bad_calibration"


class TestConvert:
    TOML = """
[cam_0]
name = "left"
size = [ 640, 480,]
matrix = [[500, 0, 320], [0, 500, 240], [0, 0, 1]]
distortions = [-0.2, 0, 0, 0, 0]
rotation = [0, 0, 0]
translation = [1, 2, 3]
"""

    def test_anipose(self, tmp_path: Path) -> None:
        (tmp_path / "c.toml").write_text(self.TOML)
        done = sbea(
            "rig", "convert", "--from", "anipose", tmp_path / "c.toml", "--unit-mm", 10,
            "--out", tmp_path / "rig.json", "--json",
        )  # fmt: skip
        assert answer(done)["cameras"] == ["left"]
        camera = read_calibration(tmp_path / "rig.json").cameras["left"]
        assert camera.t.tolist() == [10, 20, 30]
        assert camera.distortion.tolist() == [-0.2, 0, 0, 0, 0]

    def test_refused_nothing_is_written(self, tmp_path: Path) -> None:
        (tmp_path / "c.toml").write_text(self.TOML + "fisheye = true\n")
        out = tmp_path / "rig.json"
        convert = ("rig", "convert", tmp_path / "c.toml", "--out", out, "--json", "--from")
        assert "'left' is a fisheye camera" in problem(sbea(*convert, "anipose"))["message"]
        assert problem(sbea(*convert, "excel"))["code"] == "unknown_format"
        assert sorted(p.name for p in tmp_path.iterdir()) == ["c.toml"]

    def test_what_exists_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "c.toml").write_text(self.TOML)
        (tmp_path / "rig.json").write_text("precious")
        done = sbea(
            "rig",
            "convert",
            "--from",
            "anipose",
            tmp_path / "c.toml",
            "--out",
            tmp_path / "rig.json",
            "--json",
        )
        assert "is there already" in problem(done)["message"]
        assert (tmp_path / "rig.json").read_text() == "precious"


class TestTriangulateAndEvaluate:
    def test_true_poses_are_within_a_twentieth_of_a_millimetre(
        self, truth: Truth, stores: Mapping[str, Path], tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        made = answer(
            sbea(
                "rig",
                "triangulate",
                "--calibration",
                truth.folder,
                *poses_options(stores),
                "--out",
                out,
                "--json",
            )
        )
        assert (made["ticks"], made["reconstructed_now"], made["views"]) == (24, 24, list(truth.views))
        assert made["quality"]["ticks"] == 24
        assert made["quality"]["median_residual_px"] < 0.01
        assert sum(made["quality"]["views"].values()) == pytest.approx(1)
        found = answer(sbea("rig", "evaluate", "--truth", truth.folder, "--poses3d", out, "--json"))
        seen = np.zeros(truth.points_mm.shape[:3], int)
        for name, view in truth.views.items():
            seen += view.visible & (truth.sync.frames_of(name) >= 0)[:, None, None]
        assert found["n"] == int((seen >= 2).sum()) > 100
        assert found["missing"] == 0
        assert found["p95_mm"] < 0.05
        assert sum(row["n"] for row in found["by_keypoint"].values()) == found["n"]
        assert found["hidden"]["n"] == seen.size - found["n"]
        late = evaluate_against_truth(truth.folder, open_poses3d(out), first_tick=16)
        assert (late["ticks"], late["n"], late["hidden"]["n"]) == (
            8, int((seen[16:] >= 2).sum()), int((seen[16:] < 2).sum()),
        )  # fmt: skip
        text = sbea("rig", "evaluate", "--truth", truth.folder, "--poses3d", out).stdout.splitlines()
        assert text[-1].split()[:2] == ["all", str(found["n"])]
        again = answer(
            sbea(
                "rig",
                "triangulate",
                "--calibration",
                truth.folder,
                *poses_options(stores),
                "--out",
                out,
                "--json",
            )
        )
        assert again["reconstructed_now"] == 0

    def test_the_table_of_ticks_may_be_a_file(
        self, truth: Truth, stores: Mapping[str, Path], tmp_path: Path
    ) -> None:
        """With the calibration as a file of its own, and the table beside it."""
        write_calibration(read_calibration(truth.folder).cameras, tmp_path / "rig.json")
        (tmp_path / "ticks.json").write_text(json.dumps(truth.sync.to_dict()))
        common = (
            "rig",
            "triangulate",
            "--calibration",
            tmp_path / "rig.json",
            *poses_options(stores),
            "--json",
        )
        answer(sbea(*common, "--sync", tmp_path / "ticks.json", "--out", tmp_path / "a"))
        answer(sbea(*common, "--sync", truth.folder, "--out", tmp_path / "b"))
        a, b = (open_poses3d(tmp_path / name).window() for name in "ab")
        np.testing.assert_array_equal(a.points_mm, b.points_mm)
        assert np.isfinite(a.points_mm).any()
        error = problem(sbea(*common, "--sync", tmp_path / "rig.json", "--out", tmp_path / "c"))
        assert error["code"] == "bad_sync"
        assert not (tmp_path / "c").exists()

    def test_noise_is_foretold_by_sigma(self, truth: Truth, tmp_path: Path) -> None:
        noisy = write_true_poses(truth, tmp_path / "poses", noise_px=1.0)
        out = tmp_path / "out"
        answer(
            sbea(
                "rig", "triangulate", "--calibration", truth.folder, *poses_options(noisy),
                "--noise-px", 1, "--out", out, "--json",
            )
        )  # fmt: skip
        found = answer(sbea("rig", "evaluate", "--truth", truth.folder, "--poses3d", out, "--json"))
        assert 0.7 < found["sigma_ratio"] < 1.2
        assert found["median_mm"] > 0.1

    def test_bad_command_lines(self, truth: Truth, stores: Mapping[str, Path], tmp_path: Path) -> None:
        common = ("rig", "triangulate", "--calibration", truth.folder, "--out", tmp_path / "out", "--json")
        first = next(iter(stores.items()))
        assert "VIEW=STORE" in problem(sbea(*common, "--poses", "top"))["message"]
        twice = ("--poses", f"{first[0]}={first[1]}") * 2
        assert "twice" in problem(sbea(*common, *twice))["message"]
        one = problem(sbea(*common, *twice[:2]))
        assert (one["code"], "two or more views" in one["message"]) == ("cannot_reconstruct", True)
        gone = problem(sbea(*common, *twice[:2], "--poses", f"nobody={first[1]}"))
        assert "no camera for view nobody" in gone["message"]
        assert not (tmp_path / "out").exists()

    def test_poses_of_another_recording_are_not_measured(
        self, truth: Truth, stores: Mapping[str, Path], tmp_path: Path
    ) -> None:
        rig = random_rig(2, 0)
        names = list(stores)[:2]
        renamed = {f"cam{i}": stores[name] for i, name in enumerate(names)}
        write_calibration(rig, tmp_path / "rig.json")
        answer(
            sbea(
                "rig", "triangulate", "--calibration", tmp_path / "rig.json", *poses_options(renamed),
                "--out", tmp_path / "out", "--json",
            )
        )  # fmt: skip
        done = sbea("rig", "evaluate", "--truth", truth.folder, "--poses3d", tmp_path / "out", "--json")
        assert problem(done)["code"] == "cannot_reconstruct"
        nowhere = sbea("rig", "evaluate", "--truth", tmp_path, "--poses3d", tmp_path / "out", "--json")
        assert problem(nowhere)["code"] == "bad_recording"
