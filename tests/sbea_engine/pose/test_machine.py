import torch

from sbea_engine.pose.losses import PoseBatch, pose_loss
from sbea_engine.pose.machine import PoseMachine

CHANNELS = (8, 12, 16)


def random_images(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def batch_of(images: torch.Tensor, points: int) -> PoseBatch:
    yes = torch.ones(len(images), points, dtype=torch.bool)
    return PoseBatch(images, torch.full((len(images), points, 2), 12.0), yes, yes)


def first_maps(net: PoseMachine, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        first = net(images).first_logits
    assert isinstance(first, torch.Tensor)
    return first


class TestPoseMachine:
    def test_shapes(self) -> None:
        out = PoseMachine(3, 5, 1, (8, 16, 24, 32))(torch.zeros(2, 1, 48, 64, dtype=torch.uint8))
        assert out.logits.shape == (2, 15, 24, 32)
        assert out.decoded.points_px.shape == (2, 15, 2)
        assert out.confidence_logit.shape == (2, 15)
        assert out.first_logits is not None
        assert out.first_logits.shape == (2, 15, 6, 8)

    def test_the_loss_reaches_every_weight(self) -> None:
        torch.manual_seed(0)
        net = PoseMachine(2, 3, 1, CHANNELS)
        images = random_images(2, 1, 32, 32)
        loss, parts = pose_loss(net(images), batch_of(images, 6), 2.5)
        loss.backward()  # type: ignore[no-untyped-call]
        without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
        assert without == []
        assert {"map_loss", "first_map_loss", "confidence_loss"} == set(parts)

    def test_confidence_does_not_bend_the_trunk(self) -> None:
        net = PoseMachine(2, 3, 1, CHANNELS)
        net(random_images(1, 1, 32, 32)).confidence_logit.sum().backward()
        assert all(p.grad is None for name, p in net.named_parameters() if not name.startswith("confidence."))
        assert all(p.grad is not None for p in net.confidence.parameters())

    def test_maps_go_individual_after_individual(self) -> None:
        """What only one individual is told moves only its maps; what a keypoint is told moves it for all."""
        torch.manual_seed(0)
        net = PoseMachine(2, 3, 1, CHANNELS).eval()
        images = random_images(1, 1, 32, 32)

        def moved(layer: str, at: int) -> list[bool]:
            change = net.state_dict()[f"{layer}.bias"]
            before = first_maps(net, images)
            change[at] += 1.0
            after = first_maps(net, images)
            change[at] -= 1.0
            return [bool(m) for m in (after - before).abs().amax((0, 2, 3)) > 0.1]

        assert moved("who", 1) == [False] * 3 + [True] * 3
        assert moved("part", 2) == [False, False, True] * 2

    def test_what_one_individual_shows_reaches_its_other_keypoints_alone(self) -> None:
        """The second look sees all first maps of an individual, and no other individual's."""
        torch.manual_seed(0)
        look = PoseMachine(2, 3, 1, CHANNELS).eval().second
        seen, features = torch.zeros(1, 2, 3, 8, 8), torch.zeros(1, CHANNELS[2], 8, 8)
        with torch.no_grad():
            before = look(seen, features)
            seen[0, 0, 0, 2, 2] = 1.0
            moved = (look(seen, features) - before).abs().amax((-2, -1))[0]
        assert (moved[0] > 1e-4).all()
        assert (moved[1] == 0).all()

    def test_padding_changes_no_answer_by_its_own_maps(self) -> None:
        """Mass that the first look puts on padding is not seen by the second."""
        torch.manual_seed(0)
        net = PoseMachine(1, 2, 1, CHANNELS).eval()
        levels = [torch.randn(1, c, 16 >> i, 16 >> i) for i, c in enumerate(CHANNELS)]
        with torch.no_grad():
            net.part.weight[0] = 1.0
            levels[2][..., 3:] = 50.0  # cells beyond column 24 of the picture: the padding
            seen: list[torch.Tensor] = []
            net.second.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
            net.score(levels, (32, 24))
            net.score(levels, None)
        assert (seen[0][..., 3:] == 0).all()
        assert torch.allclose(seen[0].square().sum((-2, -1)), torch.ones(1, 1, 2))
        assert seen[1][0, 0, 0, :, 3:].square().sum() > 0.99
