import numpy as np
import pytest
import torch

from sbea_engine.pose.bottom_up.losses import field_target, peaks_target
from sbea_engine.pose.bottom_up.peaks import affinity, find_peaks


def maps_of(points: list[list[float]], size: tuple[int, int] = (24, 32)) -> torch.Tensor:
    """Perfect logits of one keypoint of animals at these places."""
    target = peaks_target(torch.tensor([[[p] for p in points]], dtype=torch.float64), size, 2, 1.0)
    return torch.logit(target, eps=1e-12)


class TestFindPeaks:
    def test_places_of_gaussians_below_a_cell(self) -> None:
        truth = [[11.3, 20.9], [40.0, 8.4], [55.77, 37.05]]
        found = find_peaks(maps_of(truth), (24, 32), most=5)[0]
        assert len(found.points_px[0]) == 3
        order = np.argsort(found.points_px[0][:, 0])
        np.testing.assert_allclose(found.points_px[0][order], truth, atol=1e-3)

    def test_the_highest_cell_alone_is_worse(self) -> None:
        """The plain baseline: centres of the highest cells."""
        truth = [[11.3, 20.9]]
        logits = maps_of(truth)[0, 0]
        row, column = divmod(int(logits.argmax()), 32)
        assert np.hypot(column * 2 + 0.5 - 11.3, row * 2 + 0.5 - 20.9) > 0.3

    def test_surest_first_and_no_more_than_asked_for(self) -> None:
        logits = maps_of([[11.0, 20.0]]) - 1
        logits = torch.maximum(logits, maps_of([[40.0, 8.0]]))
        both, one = (find_peaks(logits, (24, 32), most=n)[0] for n in (5, 1))
        assert [round(float(x)) for x in both.points_px[0][:, 0]] == [40, 11]
        assert both.logit[0][0] > both.logit[0][1]
        assert len(one.points_px[0]) == 1

    def test_padding_and_background_hold_no_peak(self) -> None:
        assert len(find_peaks(maps_of([[55.0, 37.0]]), (24, 20), most=5)[0].logit[0]) == 0
        assert len(find_peaks(torch.full((1, 1, 24, 32), -6.0), (24, 32), most=5)[0].logit[0]) == 0

    def test_at_the_edge_of_the_picture(self) -> None:
        found = find_peaks(maps_of([[0.5, 0.5]]), (24, 32), most=5)[0]
        np.testing.assert_allclose(found.points_px[0], [[0.5, 0.5]], atol=1.01)


class TestAffinity:
    def test_along_against_and_off_an_edge(self) -> None:
        animal = torch.tensor([[[[9.5, 5.5], [25.5, 17.5]]]])
        field = field_target(animal, ((0, 1),), (8, 10))[0, 0].numpy()
        start, stop = animal[0, 0].numpy()
        elsewhere = np.array([5.0, 28.0], dtype=np.float32)
        score = affinity(field, np.stack([start, stop]), np.stack([stop, start, elsewhere]))
        assert score[0, 0] == pytest.approx(-score[1, 1])
        assert score[0, 0] > 0.75
        assert score[0, 2] < 0.2
        assert score[0, 1] == score[1, 0] == 0  # from a peak to itself
