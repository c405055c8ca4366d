"""Texts for members name files without the folders of the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings

from webapp.api.told import data_without_folders, without_folders
from webapp.recordings import storage


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/usr/share/dict/words: cannot be read.", "words: cannot be read."),
        ("[Errno 13] Permission denied: '/usr/share/dict'", "[Errno 13] Permission denied: 'dict'"),
        ("/usr/a/x.csv and /usr/b/y.h5 differ: 3/4.", "x.csv and y.h5 differ: 3/4."),
        # No paths of this machine: a page, an address, what lies in a file, and plain words.
        ("See /projects/open-field/ or https://example.org/usr/share.", None),
        ("x.h5: /df_with_missing/table is no array.", None),
        ("'open field / cam-1' shows and/or hides it.", None),
    ],
)
def test_whatever_lies_on_this_machine(text: str, told: str | None) -> None:
    assert without_folders(text) == (told or text)


def test_registered_folders_also_with_blanks_in_their_names(tmp_path: Path) -> None:
    root = tmp_path / "of all labs"
    with override_settings(SBEA_MEDIA_ROOTS=(root,)):
        assert without_folders(f"{root}/ada/mouse 1.mp4: no frames.") == "mouse 1.mp4: no frames."
        assert without_folders(f"{root} holds nothing.") == "of all labs holds nothing."
        assert without_folders(f"{root} 2 holds nothing.") == "of all labs 2 holds nothing."


def test_the_data_root_by_either_of_its_names(tmp_path: Path) -> None:
    real, link = tmp_path / "disk 7", tmp_path / "data of the studio"
    real.mkdir()
    link.symlink_to(real)
    with override_settings(SBEA_DATA_ROOT=link):
        for place in (storage.video_folder(3), storage.video_folder(3).resolve()):
            assert without_folders(f"{place / 'proxy.mp4'}: damaged.") == "proxy.mp4: damaged."


def test_values_of_json() -> None:
    data = {"file": "/usr/share/a.toml", "places": ["/usr/share/b", 3], "key": None}
    assert data_without_folders(data) == {"file": "a.toml", "places": ["b", 3], "key": None}
