import pytest
import torch

from sbea_engine.nn.backbone import PyramidBackbone
from sbea_engine.nn.backbone_source import BadBackbone
from sbea_engine.nn.encoder import EncoderPyramid, TransformersEncoder
from sbea_engine.nn.transformers_loader import build_network
from tests.fixtures.transformers_models import ARCHITECTURES, CONVOLUTIONAL, OF_PATCHES, architecture

CHANNELS = (8, 12, 16, 20)


def encoder(kind: str, *, atrous: bool = False, sha256: dict[str, str] | None = None) -> TransformersEncoder:
    torch.manual_seed(0)
    facts = {
        "architecture": architecture(kind),
        "mean": [0.4, 0.5, 0.6],
        "sd": [0.2, 0.2, 0.25],
        "weights": {"sha256": sha256 or {}},
    }
    return TransformersEncoder(build_network(architecture(kind)), facts, atrous=atrous)


class TestTransformersEncoder:
    @pytest.mark.parametrize("kind", CONVOLUTIONAL)
    def test_a_convolutional_network_gives_a_map_a_stride(self, kind: str) -> None:
        net = encoder(kind)
        assert {4, 8, 16, 32} <= set(net.strides)
        maps = net(torch.zeros(2, 1, 64, 96))
        for found, stride, channels in zip(maps, net.strides, net.channels, strict=True):
            assert found.shape == (2, channels, 64 // stride, 96 // stride)

    @pytest.mark.parametrize("kind", OF_PATCHES)
    def test_a_vision_transformer_gives_its_patches_as_a_map(self, kind: str) -> None:
        net = encoder(kind)
        assert (net.strides, net.channels) == ((16,), (24,))
        assert net(torch.zeros(2, 1, 64, 96))[0].shape == (2, 24, 4, 6)

    @pytest.mark.parametrize("kind", OF_PATCHES)
    def test_a_patch_lies_where_its_pixels_are(self, kind: str) -> None:
        """What differs between two pictures differs most at the cell that it lies in."""
        net = encoder(kind).eval()
        pictures = torch.zeros(2, 1, 64, 96)
        pictures[1, :, 16:32, 64:80] = 2.0
        with torch.no_grad():
            one, other = net(pictures)[0]
        assert (one - other).abs().sum(0).argmax().item() == 1 * 6 + 4

    def test_colours_are_as_the_network_learned_them(self) -> None:
        net = encoder("resnet")
        seen: list[torch.Tensor] = []
        net.module.register_forward_pre_hook(
            lambda _, __, kwargs: seen.append(kwargs["pixel_values"]), with_kwargs=True
        )
        grey = (
            torch.tensor([0, 127.5, 255]).view(1, 1, 1, 3).expand(1, 1, 64, 3).repeat(1, 1, 1, 32)[..., :64]
        )
        net((grey - 127.5) / 64)
        for channel, (mean, sd) in enumerate(((0.4, 0.2), (0.5, 0.2), (0.6, 0.25))):
            want = (grey[0, 0] / 255 - mean) / sd
            torch.testing.assert_close(seen[0][0, channel], want, atol=1e-5, rtol=1e-5)

    def test_a_resnet_made_atrous_ends_at_stride_16_with_the_same_weights(self) -> None:
        plain, atrous = encoder("resnet"), encoder("resnet", atrous=True)
        assert (plain.strides, plain.channels) == ((4, 8, 16, 32), (8, 12, 16, 24))
        assert (atrous.strides, atrous.channels) == ((4, 8, 16), (8, 12, 24))
        theirs = plain.state_dict()
        assert all(torch.equal(v, theirs[k]) for k, v in atrous.state_dict().items())

    def test_weights_from_elsewhere_learn_slowly(self) -> None:
        shares = [encoder("resnet").rate_share, encoder("vit").rate_share]
        assert shares == [1.0, 0.1]
        assert encoder("resnet", sha256={"model.safetensors": "ab"}).rate_share == 0.1

    def test_one_that_has_no_places_is_refused(self) -> None:
        text = {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        facts = {"architecture": text, "mean": [0.5] * 3, "sd": [0.5] * 3, "weights": {"sha256": {}}}
        with pytest.raises(BadBackbone, match="'bert' cannot serve"):
            TransformersEncoder(build_network(text), facts)

    def test_one_that_drops_patches_is_refused(self) -> None:
        masked = architecture("vit") | {"model_type": "vit_mae"}
        facts = {"architecture": masked, "mean": [0.5] * 3, "sd": [0.5] * 3, "weights": {"sha256": {}}}
        with pytest.raises(BadBackbone, match="patches"):
            TransformersEncoder(build_network(masked), facts)


class TestEncoderPyramid:
    @pytest.mark.parametrize("kind", ARCHITECTURES)
    def test_its_levels_are_those_of_the_own_backbone(self, kind: str) -> None:
        pyramid = EncoderPyramid(encoder(kind), 1, CHANNELS)
        picture = torch.zeros(2, 1, 64, 96)
        want = [level.shape for level in PyramidBackbone(1, CHANNELS)(picture)]
        assert [level.shape for level in pyramid(picture)] == want
        assert 64 % pyramid.multiple == 0

    @pytest.mark.parametrize("kind", ["resnet", "vit"])
    def test_gradients_reach_the_encoder(self, kind: str) -> None:
        torch.manual_seed(0)
        pyramid = EncoderPyramid(encoder(kind), 3, CHANNELS)
        pyramid(torch.randn(2, 3, 64, 64))[0].square().sum().backward()
        without = [name for name, p in pyramid.named_parameters() if p.grad is None]
        # Stride 32 is beyond a pyramid of four levels; the class token is no place of the picture.
        assert not [n for n in without if "stages.3" not in n and "cls_token" not in n and "mask" not in n]
