from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sbea_engine.io.registry import FORMATS, UnknownFormat, detect, get_format


@pytest.mark.parametrize("name", FORMATS)
class TestEveryFormat:
    """What all formats promise, whatever they are."""

    def test_it_is_found_by_its_name(self, name: str) -> None:
        assert get_format(name).name == name

    def test_it_goes_in_some_direction(self, name: str) -> None:
        entry = FORMATS[name]
        assert entry.read_labels or entry.write_labels or entry.write_poses

    def test_detection_never_raises(self, name: str, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"\0")
        assert not any(FORMATS[name].detect(place) for place in (tmp_path, file, tmp_path / "nowhere"))


def test_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UnknownFormat, match="Unknown format 'exel'; known: deeplabcut"):
        get_format("exel")


def test_detect(tmp_path: Path) -> None:
    assert detect(tmp_path) is None
    (tmp_path / "config.yaml").touch()
    (tmp_path / "labeled-data").mkdir()
    assert detect(tmp_path) == "deeplabcut"


def test_the_web_can_load_formats_without_heavy_libraries() -> None:
    program = (
        "import sys, sbea_engine.io.registry, sbea_engine.io.poses_store, sbea_engine.io.archive;"
        "print([m for m in ('torch', 'cv2', 'av', 'pandas', 'xarray', 'tables') if m in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "[]"
