import math
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.pose.bottom_up.links import REACH_MARGIN, Links, make_links

NAMES = ("a", "b", "c", "d")


def labels_of(points: list[list[list[float]]], edges: tuple[tuple[str, str], ...] = ()) -> LabelSet:
    """One animal in each frame; a keypoint at (-1, -1) is not labelled."""
    px = np.array(points, dtype=np.float32)[:, None]
    px[(px == -1).all(-1)] = np.nan
    placed = np.isfinite(px).all(-1)
    return LabelSet(
        skeleton=Skeleton(keypoints=NAMES, edges=edges),
        individuals=("m",),
        frames=tuple(FrameSource(video="v", index=i, path=Path("x.png")) for i in range(len(px))),
        points_px=px,
        visibility=np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    )


ROW = [[[0.0, 0.0], [10.0, 0.0], [30.0, 0.0], [22.0, 0.0]]]


class TestMakeLinks:
    def test_without_edges_it_is_the_minimum_spanning_tree(self) -> None:
        """Along the row a, b, d, c: distances 10, 12, 8."""
        edges = {frozenset(edge) for edge in make_links(labels_of(ROW)).edges}
        assert edges == {frozenset(pair) for pair in ((0, 1), (1, 3), (3, 2))}

    def test_edges_of_the_skeleton_stay_and_parts_are_tied_by_the_shortest_way(self) -> None:
        links = make_links(labels_of(ROW, edges=(("a", "c"), ("b", "d"), ("d", "b"))))
        assert links.edges == ((0, 2), (3, 1), (2, 3))

    def test_what_was_never_labelled_together_is_not_tied(self) -> None:
        gone = [-1.0, -1.0]
        halves = [[[5.0, 5.0], [9.0, 5.0], gone, gone], [gone, gone, [5.0, 5.0], [5.0, 8.0]]]
        links = make_links(labels_of(halves))
        assert links.edges == ((2, 3), (0, 1))
        assert links.reach_px[0, 2] == pytest.approx(
            4 * REACH_MARGIN
        )  # for want of better: an animal's length

    def test_reach_is_the_farthest_that_was_labelled_with_a_margin(self) -> None:
        stretched = [
            [[0.0, 0.0], [10.0, 0.0], [30.0, 0.0], [22.0, 0.0]],
            [[0.0, 0.0], [14.0, 0.0], [30.0, 0.0], [22.0, 0.0]],
        ]
        links = make_links(labels_of(stretched))
        assert links.reach_px[0, 1] == pytest.approx(14 * REACH_MARGIN)
        assert links.extent_px == 30
        assert links.scaled(0.5).reach_px[0, 1] == pytest.approx(7 * REACH_MARGIN)

    def test_one_keypoint_has_no_links(self) -> None:
        labels = labels_of(ROW)
        one = LabelSet(
            skeleton=Skeleton(keypoints=("a",)),
            individuals=labels.individuals,
            frames=labels.frames,
            points_px=labels.points_px[:, :, :1],
            visibility=labels.visibility[:, :, :1],
        )
        assert make_links(one).edges == ()


class TestJson:
    def test_round_trip(self) -> None:
        links = make_links(labels_of(ROW))
        again = Links.from_dict(links.to_dict(), 4)
        assert (again.edges, again.extent_px) == (links.edges, links.extent_px)
        np.testing.assert_allclose(again.reach_px, links.reach_px, atol=1e-3)

    def test_damaged(self) -> None:
        document = make_links(labels_of(ROW)).to_dict()
        with pytest.raises(ValueError, match="4 keypoints"):
            Links.from_dict(document | {"edges": [[0, 9]]}, 4)
        with pytest.raises(ValueError, match="reach_px"):
            Links.from_dict(document, 3)

    @pytest.mark.parametrize(
        "change",
        [
            {"extent_px": math.nan},
            {"extent_px": "9"},
            {"extent_px": -1.0},
            {"reach_px": [[-1.0] * 4] * 4},
            {"reach_px": [[math.inf] * 4] * 4},
            {"reach_px": [["1"] * 4] * 4},
            {"edges": [[0, 1.5]]},
            {"edges": [[0, True]]},
            {"edges": [[0, 1, 2]]},
            {"edges": 3},
        ],
    )
    def test_numbers_that_cannot_be(self, change: dict[str, object]) -> None:
        document = make_links(labels_of(ROW)).to_dict()
        with pytest.raises((TypeError, ValueError)):
            Links.from_dict(document | change, 4)
