"""A copy of a network that only answers."""

from copy import deepcopy

import pytest
import torch

from sbea_engine.nn.backbone import ConvNorm
from sbea_engine.nn.runtime import Precision
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.estimator import PoseEstimator
from sbea_engine.pose.frozen import frozen
from sbea_engine.pose.machine import PoseMachine
from sbea_engine.pose.model import PoseNetwork, compute_in

PICTURES = torch.randint(
    0, 255, (3, 1, 64, 96), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
)


@pytest.fixture
def network() -> PoseNetwork:
    """With the running figures of normalisation that a little training leaves."""
    torch.manual_seed(0)
    network = PoseMachine(1, 4, 1, (8, 16, 24, 32))
    for _ in range(3):
        network(PICTURES)
    return network.eval()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_answers_are_the_same_to_the_last_digit(network: PoseNetwork, precision: Precision) -> None:
    compute_in(network, precision)
    with torch.inference_mode():
        one, other = network(PICTURES), frozen(network)(PICTURES)
    assert torch.equal(one.logits, other.logits)
    assert torch.equal(one.decoded.points_px, other.decoded.points_px)
    assert torch.equal(one.confidence_logit, other.confidence_logit)


def test_the_network_itself_stays_as_it_was(network: PoseNetwork) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    compute_in(network, "bf16")
    copy = frozen(network)
    assert not any(isinstance(m[1], torch.nn.BatchNorm2d) for m in copy.modules() if isinstance(m, ConvNorm))
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert all(p.requires_grad for p in network.parameters())
    assert not any(p.requires_grad for p in copy.parameters())


def test_another_runtime_goes_on_standing_in(network: PoseNetwork) -> None:
    network.stand_in = network.features
    assert frozen(network) is network


def test_an_estimator_makes_one_copy_of_each_model(network: PoseNetwork) -> None:
    estimator = PoseEstimator(PoseConfig(preset="tiny"))
    estimator.model_ = network
    copy = estimator._answering()
    assert estimator._answering() is copy
    estimator.model_ = deepcopy(network)
    assert estimator._answering() is not copy
