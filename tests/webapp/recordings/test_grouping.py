"""Files sorted into recordings and views by their names."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.recordings.grouping import Group, propose_groups, propose_views
from webapp.recordings.names import recording_name, view_name


def told(groups: list[Group]) -> dict[str, list[str]]:
    return {group.name: [view for _, view in group.views] for group in groups}


@pytest.mark.parametrize(
    ("stems", "expected"),
    [
        (["take3_top", "take3_side"], {"take3": ["top", "side"]}),
        (
            ["take3_top", "take3_side", "take4_top", "take4_side"],
            {"take3": ["top", "side"], "take4": ["top", "side"]},
        ),
        (["cam1-take3", "cam2-take3", "x"], {"take3": ["cam1", "cam2"], "x": ["cam-1"]}),
        (
            ["take3cam1", "take3cam2", "take4cam1", "take4cam2"],
            {"take3": ["cam1", "cam2"], "take4": ["cam1", "cam2"]},
        ),
        (["a_cam_1", "a_cam_2"], {"a": ["cam_1", "cam_2"]}),
        (
            ["exp1_top_2024", "exp1_side_2024", "exp2_top_2024", "exp2_side_2024"],
            {"exp1 2024": ["top", "side"], "exp2 2024": ["top", "side"]},
        ),
        (
            ["2024-05-01_cam1", "2024-05-01_cam2", "2024-05-02_cam1", "2024-05-02_cam2"],
            {"2024-05-01": ["cam1", "cam2"], "2024-05-02": ["cam1", "cam2"]},
        ),
        (["top left take1", "bottom take1"], {"take1": ["top left", "bottom"]}),
        (["ceiling", "ring-1", "ring-2"], {"folder": ["ceiling", "ring-1", "ring-2"]}),
        (["mouse 1", "rat", "day 2"], {"mouse 1": ["cam-1"], "rat": ["cam-1"], "day 2": ["cam-1"]}),
        (["Take3_Top", "take3_Side"], {"Take3": ["Top", "Side"]}),
        (["take3_top", "take3_side", "take4_top"], {"take3": ["top", "side"], "take4_top": ["cam-1"]}),
        (
            ["2019-08-02-vid01-camA", "2019-08-02-vid01-camB"],
            {"2019-08-02-vid01": ["camA", "camB"]},
        ),
        (
            ["m_top_take1", "m_side_take1", "m_top_take2"],
            {"m take1": ["top", "side"], "m_top_take2": ["cam-1"]},
        ),
        ([], {}),
    ],
)
def test_names_of_the_lab(stems: list[str], expected: dict[str, list[str]]) -> None:
    files = [f"/data/{stem}.mp4" for stem in stems]
    assert told(propose_groups(files, folder="folder")) == expected


@pytest.mark.parametrize(
    "stems",
    [
        ["mouse1", "mouse2", "mouse3"],
        ["day1_trial1", "day1_trial2", "day2_trial1", "day2_trial2"],
        ["2024-05-01", "2024-05-02"],
        ["session_0", "session_1"],
        ["wt_01", "ko_01"],
        ["cage1_ann", "cage1_bob"],
        ["top_2024-05-01", "top_2024-05-02"],
        ["cam1_a", "cam1_b"],
        ["exp1_top_2024", "exp1_side_2025"],
    ],
)
def test_separate_takes_are_no_views_of_one_another(stems: list[str]) -> None:
    groups = propose_groups([f"/data/{stem}.mp4" for stem in stems], folder="folder")
    assert told(groups) == {stem: ["cam-1"] for stem in stems}


@pytest.mark.parametrize(
    ("files", "name", "views"),
    [
        (["take3_top.mp4", "take3_side.mp4"], "take3", ["top", "side"]),
        (["top-take3.mp4", "side-take3.avi"], "take3", ["top", "side"]),
        (["m1_top_a.mp4", "m1_side_a.mp4"], "m1 a", ["top", "side"]),
        (["take3.mp4", "take3_side.mp4"], "take3", ["take3", "side"]),
        (["cam1/take.mp4", "cam2/take.mp4"], "take", ["cam1", "cam2"]),
        (["left.mp4", "right.mp4"], "recording", ["left", "right"]),
        (["left.mp4"], "left", ["cam-1"]),
        (["C:\\data\\t_l.mp4", "C:\\data\\t_r.mp4"], "t", ["l", "r"]),
        (["x/a.mp4", "x/A.avi"], "a", ["x", "x (2)"]),
        (["---.mp4", "___.mp4"], "recording", ["---", "___"]),
    ],
)
def test_views_of_one_recording(files: list[str], name: str, views: list[str]) -> None:
    group = propose_views(files)
    assert (group.name, [view for _, view in group.views]) == (name, views)


WORDS = st.sampled_from(["take", "top", "side", "cam", "1", "2", "30", "mouse", "é", "x" * 60, "a\tb"])
STEM = st.lists(WORDS, min_size=1, max_size=5).map("_".join)
FILES = st.lists(STEM.map(lambda stem: f"/d/{stem}.mp4"), min_size=1, max_size=12, unique=True)


@given(files=FILES)
def test_each_file_is_one_view_of_one_recording(files: list[str]) -> None:
    groups = propose_groups(files)
    assert sorted(file for group in groups for file, _ in group.views) == sorted(files)
    for group in [*groups, propose_views(files)]:
        names = [view.casefold() for _, view in group.views]
        assert len(set(names)) == len(names)
        assert all(view_name(view) for _, view in group.views)
        assert recording_name(group.name)


@given(files=FILES, seed=st.randoms())
def test_the_order_of_the_files_decides_nothing(files: list[str], seed: Random) -> None:
    mixed = sorted(files, key=lambda _: seed.random())
    first, second = ({frozenset(group.views) for group in propose_groups(order)} for order in (files, mixed))
    assert first == second
