import math

import pytest
import torch

from sbea_engine.data import LabelSet
from sbea_engine.nn.resnet import small_resnet
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.deeplabcut import DeepLabCut
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.plan import Size


def network(**settings: float) -> DeepLabCut:
    torch.manual_seed(0)
    return DeepLabCut(2, 3, small_resnet(1, (8, 8, 12, 16)), **settings)


def random_images(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


class TestDeepLabCut:
    def test_shapes(self) -> None:
        out = network()(torch.zeros(2, 1, 48, 64, dtype=torch.uint8))
        assert out.logits.shape == (2, 6, 6, 8)
        assert out.offsets is not None
        assert out.offsets.shape == (2, 6, 2, 6, 8)
        assert out.decoded.points_px.shape == (2, 6, 2)
        assert out.confidence_logit.shape == (2, 6)

    def test_scores_begin_at_the_share_of_cells_in_a_disc(self) -> None:
        net = network()
        torch.nn.init.zeros_(net.maps.weight)
        scores = net(random_images(1, 1, 64, 64)).logits.sigmoid()
        torch.testing.assert_close(scores, torch.full_like(scores, 0.01))

    def test_confidence_is_the_score_at_the_peak(self) -> None:
        out = network()(random_images(2, 1, 64, 64))
        torch.testing.assert_close(out.confidence_logit, out.logits.amax((-2, -1)))

    def test_padding_has_no_peak(self) -> None:
        net = network().eval()
        images = random_images(8, 1, 64, 64)
        valid = net(images, valid=(30, 20))
        assert (valid.decoded.cell % 8 < 3).all()
        assert (valid.decoded.cell // 8 < 4).all()
        torch.testing.assert_close(
            valid.confidence_logit, valid.logits[..., :4, :3].amax((-2, -1)), atol=1e-6, rtol=0
        )

    def test_the_loss_reaches_every_weight(self) -> None:
        net = network()
        images, yes = random_images(2, 1, 64, 64), torch.ones(2, 6, dtype=torch.bool)
        batch = PoseBatch(images, torch.full((2, 6, 2), 30.0), yes, yes)
        loss, parts = net.loss(net(images), batch, 2.5)
        loss.backward()  # type: ignore[no-untyped-call]
        assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []
        assert loss.item() == pytest.approx(parts["map_loss"].item() + 0.05 * parts["offset_loss"].item())

    def test_the_radius_decides_what_is_a_keypoint(self) -> None:
        images, yes = random_images(1, 1, 64, 64), torch.ones(1, 6, dtype=torch.bool)
        batch = PoseBatch(images, torch.full((1, 6, 2), 30.0), yes, yes)
        losses = [float(net.loss(net(images), batch, 2.5)[0]) for net in map(_of_radius, (4.0, 17.0, 40.0))]
        assert losses == sorted(losses)  # scores begin near zero, so each cell in a disc costs

    def test_it_works_at_the_published_scale(self, scene: LabelSet) -> None:
        net, config = network(), PoseConfig(family="deeplabcut")
        plan = net.plan(scene, [Size(640, 480)] * len(scene), config.size)
        assert (plan.scale, plan.crop_px) == (0.8, 256)
        assert net.plan(scene, [Size(96, 80)] * len(scene), config.size).crop_px == 80
        large = net.plan(scene, [Size(1920, 1080)] * len(scene), config.size)
        assert large.scale == pytest.approx(math.sqrt(640 * 480 / (1920 * 1080)), abs=1e-4)

    def test_views_are_turned_a_little_and_scaled_much(self, scene: LabelSet) -> None:
        views = network().views(scene, PoseConfig())
        assert (views.rotation_deg, views.scale, views.flip, views.noise) == (25.0, (0.5, 1.5), False, 0.0)
        assert network().views(scene, PoseConfig(rotation_deg=10)).rotation_deg == 10


def _of_radius(radius: float) -> DeepLabCut:
    return network(disc_radius_px=radius)
