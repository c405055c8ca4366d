import torch

from sbea_engine.pose.bottom_up.losses import BottomUpLoss
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.losses import PoseBatch

CHANNELS = (8, 12, 16)


def test_shapes() -> None:
    out = BottomUpNetwork(5, 4, 3, (8, 16, 24, 32))(torch.zeros(2, 3, 48, 64, dtype=torch.uint8))
    assert out.logits.shape == (2, 5, 24, 32)
    assert out.first_logits.shape == (2, 5, 6, 8)
    assert out.fields.shape == (2, 4, 2, 12, 16)


def test_a_skeleton_of_one_keypoint() -> None:
    out = BottomUpNetwork(1, 0, 1, CHANNELS)(torch.zeros(1, 1, 32, 32, dtype=torch.uint8))
    assert out.fields.shape == (1, 0, 2, 8, 8)


def test_the_loss_reaches_every_weight() -> None:
    torch.manual_seed(0)
    net = BottomUpNetwork(2, 1, 1, CHANNELS)
    images = torch.randint(0, 256, (2, 1, 32, 32), dtype=torch.uint8)
    points = torch.tensor([[8.0, 8.0], [20.0, 9.0], [9.0, 24.0], [22.0, 25.0]]).expand(2, 4, 2)
    yes = torch.ones(2, 4, dtype=torch.bool)
    loss, parts = BottomUpLoss(edges=((0, 1),), individuals=2, extent_px=14)(
        net(images), PoseBatch(images, points, yes, yes)
    )
    loss.backward()  # type: ignore[no-untyped-call]
    assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert set(parts) == {"map_loss", "first_map_loss", "field_loss"}


def test_an_untrained_map_is_background() -> None:
    """From one half, background would drown the few peaks."""
    torch.manual_seed(0)
    images = torch.randint(0, 256, (2, 1, 64, 64), dtype=torch.uint8)
    out = BottomUpNetwork(3, 2, 1, CHANNELS)(images)
    assert torch.sigmoid(out.logits).mean() < 0.02
