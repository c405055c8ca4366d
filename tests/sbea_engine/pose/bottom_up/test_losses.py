import math

import pytest
import torch

from sbea_engine.pose.bottom_up.losses import (
    ANIMAL_RADIUS,
    FIELD_HALF_WIDTH_PX,
    Animals,
    BottomUpLoss,
    field_loss,
    field_target,
    peaks_target,
)

NAN = math.nan
LOSS = BottomUpLoss(edges=((0, 1),), individuals=2, extent_px=4)


def animals(*each: list[list[float]]) -> torch.Tensor:
    """(1, individual, keypoint, 2)."""
    return torch.tensor([list(each)])


class TestPeaksTarget:
    def test_each_animal_has_a_peak_of_one_in_its_place(self) -> None:
        points = animals([[6.5, 4.5]], [[22.5, 12.5]])  # the centres of cells (3, 2) and (11, 6) of stride 2
        target = peaks_target(points, (12, 16), 2, 1.0)[0, 0]
        assert target[2, 3] == target[6, 11] == 1
        assert target[2, 4] == pytest.approx(math.exp(-0.5))
        assert target[4, 7] == pytest.approx(math.exp(-0.5 * (4**2 + 2**2)), abs=1e-6)  # the same from both

    def test_nobody_is_no_peak(self) -> None:
        assert peaks_target(animals([[NAN, NAN]]), (8, 8), 2, 1.0).abs().max() == 0


class TestMapLoss:
    def test_is_least_at_the_target(self) -> None:
        points = animals([[6.5, 4.5]], [[22.5, 12.5]])
        known = torch.ones(1, 2, 1, dtype=torch.bool)
        best = torch.logit(peaks_target(points, (12, 16), 2, 1.0), eps=1e-6).requires_grad_()
        LOSS.map_loss(best, Animals(points, known), 2, 1.0).backward()  # type: ignore[no-untyped-call]
        assert best.grad is not None
        assert best.grad.abs().max() < 1e-5

    def test_round_an_animal_nothing_is_learned_of_its_unlabelled_keypoint(self) -> None:
        points = animals([[10.0, 10.0], [NAN, NAN]], [[40.0, 10.0], [44.0, 10.0]])
        known = torch.tensor([[[True, False], [True, True]]])
        target = peaks_target(points, (16, 32), 2, 1.0)
        cells = LOSS.known_cells(Animals(points, known), target, 2)[0]
        assert cells[0].all()
        inside = int((math.pi * (ANIMAL_RADIUS * 4) ** 2) / 4)  # cells of a disc round (10, 10)
        assert (~cells[1]).sum() == pytest.approx(inside, abs=6)
        assert not cells[1, 5, 5]
        assert cells[1, 5, 20]

    def test_of_an_animal_that_nobody_labelled_nothing_is_known_but_peaks(self) -> None:
        points = animals([[NAN, NAN], [NAN, NAN]], [[40.0, 10.0], [44.0, 10.0]])
        known = torch.tensor([[[False, False], [True, True]]])
        cells = LOSS.known_cells(Animals(points, known), peaks_target(points, (16, 32), 2, 1.0), 2)[0]
        assert not cells[0, 2, 2]
        assert cells[0, 5, 20]

    def test_an_absent_animal_is_known_everywhere(self) -> None:
        points = animals([[NAN, NAN], [NAN, NAN]], [[40.0, 10.0], [44.0, 10.0]])
        known = torch.ones(1, 2, 2, dtype=torch.bool)
        assert LOSS.known_cells(Animals(points, known), peaks_target(points, (16, 32), 2, 1.0), 2).all()

    def test_no_animal_at_all_is_finite(self) -> None:
        points = animals([[NAN, NAN]], [[NAN, NAN]])
        loss = LOSS.map_loss(torch.zeros(1, 1, 8, 8), Animals(points, torch.ones(1, 2, 1).bool()), 2, 1.0)
        assert loss.item() == pytest.approx(64 * math.log(2) / (2 * math.pi))


class TestFieldTarget:
    def test_unit_vectors_under_the_edge_and_nowhere_else(self) -> None:
        """By the definition, cell by cell: a cell is under the edge where it is near a point of it."""
        start, stop = (9.5, 5.5), (25.5, 17.5)  # 16 across, 12 down: the unit vector is (0.8, 0.6)
        field = field_target(animals([list(start), list(stop)]), ((0, 1),), (8, 10))[0, 0]
        for row in range(8):
            for column in range(10):
                x, y = column * 4 + 1.5, row * 4 + 1.5
                nearest = min(
                    math.hypot(x - start[0] - 16 * t / 1000, y - start[1] - 12 * t / 1000)
                    for t in range(1001)
                )
                want = (0.8, 0.6) if nearest <= FIELD_HALF_WIDTH_PX else (0.0, 0.0)
                assert field[:, row, column].tolist() == pytest.approx(want, abs=1e-6)

    def test_where_two_animals_cross_it_is_the_mean(self) -> None:
        right, down = [[1.5, 13.5], [29.5, 13.5]], [[13.5, 1.5], [13.5, 29.5]]
        field = field_target(animals(right, down), ((0, 1),), (8, 8))[0, 0]
        assert field[:, 3, 3].tolist() == [0.5, 0.5]
        assert field[:, 3, 6].tolist() == [1.0, 0.0]

    def test_a_missing_end_is_no_edge(self) -> None:
        field = field_target(animals([[1.5, 13.5], [NAN, NAN]]), ((0, 1),), (8, 8))
        assert field.abs().max() == 0

    def test_the_loss_is_nothing_at_the_target(self) -> None:
        points = animals([[1.5, 13.5], [29.5, 13.5]])
        field = field_target(points, ((0, 1),), (8, 8))
        assert field_loss(field, points, ((0, 1),)) == 0
        assert field_loss(torch.zeros_like(field), points, ((0, 1),)) == pytest.approx(1)  # all of one mean
