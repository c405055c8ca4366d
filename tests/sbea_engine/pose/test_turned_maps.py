"""Maps averaged over ways to turn and mirror a picture."""

import numpy as np
import pytest
import torch
from torch import Tensor

from sbea_engine.pose.machine import PoseMachine
from sbea_engine.pose.model import Maps
from sbea_engine.pose.turned_maps import Turns, turned_log_maps


class Bright(PoseMachine):
    """Sees the first keypoint in what is bright, left of the middle; the second right of it."""

    def forward(self, images: Tensor, valid: tuple[int, int] | None = None) -> Maps:  # type: ignore[override]
        cells = images.float()[:, :, ::2, ::2] / 8
        left = torch.linspace(1, 0, cells.shape[-1])
        return Maps(torch.cat([cells * left, cells * (1 - left)], dim=1))


@pytest.fixture
def network() -> Bright:
    return Bright(1, 2, 1, (8, 16, 24)).eval()


@pytest.fixture
def images() -> list[np.ndarray]:
    image = np.zeros((32, 48), np.uint8)
    image[8:10, 4:6] = 255
    return [image]


def _turned(network: Bright, images: list[np.ndarray], turns: Turns) -> Tensor:
    return turned_log_maps(network, images, turns, network(torch.from_numpy(images[0])[None, None]).logits)


def test_as_it_is_are_the_networks_own(network: Bright, images: list[np.ndarray]) -> None:
    got = _turned(network, images, Turns(False, None))
    own = torch.log_softmax(network(torch.from_numpy(images[0])[None, None]).logits.flatten(2), -1)
    torch.testing.assert_close(got.flatten(2), own)


@pytest.mark.parametrize("flip_index", [None, np.array([1, 0])])
@pytest.mark.parametrize("half_turns", [True, False])
def test_all_come_back_to_where_they_were_seen(
    network: Bright, images: list[np.ndarray], half_turns: bool, flip_index: np.ndarray | None
) -> None:
    maps = _turned(network, images, Turns(half_turns, flip_index)).exp()
    assert maps.shape == (1, 2, 16, 24)
    torch.testing.assert_close(maps.sum((2, 3)), torch.ones(1, 2))
    assert (maps[0, 0] == maps[0, 0].max()).nonzero().tolist() == [[4, 2]]


def test_a_mirror_exchanges_maps(network: Bright, images: list[np.ndarray]) -> None:
    """What is left is right in the mirror, where the other map is taken: both ways say the same."""
    alone = _turned(network, images, Turns(False, None))
    both = _turned(network, images, Turns(False, np.array([1, 0])))
    torch.testing.assert_close(both, alone, atol=1e-4, rtol=1e-4)
    wrong = _turned(network, images, Turns(False, np.array([0, 1])))
    assert (wrong - alone).abs().max() > 0.5


def test_a_bias_for_one_direction_goes_out(network: Bright, images: list[np.ndarray]) -> None:
    first, second = _turned(network, images, Turns(True, None))[0]
    assert first.max() < _turned(network, images, Turns(False, None))[0, 0].max()
    torch.testing.assert_close(first.argmax(), second.argmax())
