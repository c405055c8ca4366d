from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sbea_engine.io.deeplabcut.config import config_text, read_config, symmetric_by_name
from sbea_engine.io.deeplabcut.table import BadDeepLabCut


def config(tmp_path: Path, text: str | dict[str, Any]) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(text if isinstance(text, str) else yaml.safe_dump(text))
    return file


SINGLE = {"Task": "mice", "scorer": "Ann", "bodyparts": ["a", "b"]}
MULTI = {
    "Task": "mice",
    "scorer": "Ann",
    "multianimalproject": True,
    "individuals": ["m1", "m2"],
    "multianimalbodyparts": ["a", "b"],
    "uniquebodyparts": ["feeder"],
    "bodyparts": "MULTI!",
}


class TestReadConfig:
    def test_single_animal(self, tmp_path: Path) -> None:
        got = read_config(
            config(tmp_path, SINGLE | {"skeleton": [["a", "b"], ["a", "zzz"], 7], "date": "Oct30"})
        )
        assert (got.task, got.scorer, got.date, got.multi_animal) == ("mice", "Ann", "Oct30", False)
        assert got.skeleton.keypoints == ("a", "b")
        assert got.skeleton.edges == (("a", "b"),)
        assert len(got.warnings) == 2
        assert "a - zzz" in got.warnings[0]

    def test_multi_animal(self, tmp_path: Path) -> None:
        got = read_config(config(tmp_path, MULTI))
        assert got.individuals == ("m1", "m2")
        assert got.skeleton.keypoints == ("a", "b", "feeder")
        assert got.unique_bodyparts == ("feeder",)

    def test_video_names_of_both_slashes_and_no_placeholders(self, tmp_path: Path) -> None:
        sets = {
            "C:\\data\\a.avi": {"crop": 1},
            "/data/b.mp4": None,
            "WILL BE AUTOMATICALLY UPDATED": {},
            3: {},
        }
        assert read_config(config(tmp_path, SINGLE | {"video_sets": sets})).video_names == ("a.avi", "b.mp4")

    def test_numbers_are_names_too(self, tmp_path: Path) -> None:
        assert read_config(config(tmp_path, SINGLE | {"bodyparts": [1, 2]})).bodyparts == ("1", "2")

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("bodyparts: [a, b\n", "not readable YAML"),
            ("- a\n- b\n", "holds no settings"),
            ("", "holds no settings"),
            ("a: !!python/object/apply:os.system ['true']\n", "not readable YAML"),
            ("[" * 5_000, "not readable YAML"),
            (SINGLE | {"scorer": None}, "scorer is missing"),
            (SINGLE | {"scorer": "x/../../../secret"}, "scorer 'x/../../../secret' cannot be part"),
            (SINGLE | {"scorer": "x\\..\\secret"}, "cannot be part of a file name"),
            (SINGLE | {"scorer": "x\0"}, "cannot be part of a file name"),
            ("a: &a {x: 1}\nb: {<<: *a}\nscorer: Ann\nbodyparts: [a]\n", "merge keys .* are not read"),
            ({"scorer": "Ann"}, "bodyparts must be a list of names, got None"),
            (SINGLE | {"bodyparts": "MULTI!"}, "bodyparts must be a list of names, got 'MULTI!'"),
            (SINGLE | {"bodyparts": []}, "bodyparts must be a list"),
            (SINGLE | {"bodyparts": ["a", True]}, "bodyparts holds True, which is no name"),
            (SINGLE | {"bodyparts": ["a", ["b"]]}, "bodyparts holds list"),
            (SINGLE | {"bodyparts": ["a", "a"]}, "repeated: a"),
            (SINGLE | {"multianimalproject": "maybe"}, "multianimalproject must be true or false"),
            (MULTI | {"individuals": None}, "individuals must be a list"),
            (MULTI | {"individuals": ["single"]}, "no animal may be called 'single'"),
        ],
    )
    def test_unusable_settings_are_named(self, tmp_path: Path, text: Any, reason: str) -> None:
        file = config(tmp_path, text)
        with pytest.raises(BadDeepLabCut, match=reason) as caught:
            read_config(file)
        assert str(file) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_merge_keys_do_not_multiply(self, tmp_path: Path) -> None:
        """Nine levels of ten would be a billion entries."""
        levels = ["a0: &a0 {x: 1}"]
        levels += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 10)]
        with pytest.raises(BadDeepLabCut, match="merge keys"):
            read_config(config(tmp_path, "\n".join(levels)))

    def test_aliases_are_read(self, tmp_path: Path) -> None:
        got = read_config(config(tmp_path, "scorer: Ann\nbodyparts: &b [a, b]\nskeleton: [*b]\n"))
        assert got.skeleton.edges == (("a", "b"),)

    def test_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadDeepLabCut, match="not there"):
            read_config(tmp_path / "config.yaml")


def test_written_settings_read_back(tmp_path: Path) -> None:
    text = config_text(
        task="mäuse",
        scorer="Ann",
        date="Nov3",
        individuals=["m1", "m2"],
        bodyparts=["yes", "1"],
        unique_bodyparts=["feeder"],
        edges=[("yes", "1")],
        video_sets={"videos/a.mp4": (640, 480)},
    )
    got = read_config(config(tmp_path, text))
    assert (got.task, got.date, got.individuals) == ("mäuse", "Nov3", ("m1", "m2"))
    assert got.bodyparts == ("yes", "1")
    assert got.skeleton.edges == (("yes", "1"),)
    assert got.video_names == ("a.mp4",)
    assert yaml.safe_load(text)["video_sets"] == {"videos/a.mp4": {"crop": "0, 640, 0, 480"}}


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["snout", "leftear", "rightear"], [("leftear", "rightear")]),
        (["Paw_L", "Paw_R", "Tail"], [("Paw_L", "Paw_R")]),
        (["R-ear", "L-ear"], [("L-ear", "R-ear")]),
        (["Left Hip", "right hip"], [("Left Hip", "right hip")]),
        (["bright", "cleft", "lens"], []),
        (["leftear"], []),
        (["left_l", "right_r", "left_r"], []),
    ],
)
def test_left_and_right_by_name(names: list[str], pairs: list[tuple[str, str]]) -> None:
    assert list(symmetric_by_name(names)) == pairs
