import pytest
import torch

from sbea_engine.nn.backbone import PyramidBackbone


class TestPyramidBackbone:
    @pytest.mark.parametrize("in_channels", [1, 3])
    def test_shapes_of_all_levels(self, in_channels: int) -> None:
        backbone = PyramidBackbone(in_channels, (4, 6, 8))
        levels = backbone(torch.zeros(2, in_channels, 32, 48))
        assert [tuple(level.shape) for level in levels] == [(2, 4, 16, 24), (2, 6, 8, 12), (2, 8, 4, 6)]
        assert backbone.multiple == 8

    def test_the_finest_map_depends_on_every_weight(self) -> None:
        torch.manual_seed(0)
        backbone = PyramidBackbone(1, (4, 6, 8))
        backbone(torch.randn(2, 1, 32, 32))[0].square().sum().backward()
        without = [name for name, p in backbone.named_parameters() if p.grad is None or not p.grad.any()]
        assert without == []

    def test_a_pixel_has_one_answer_whatever_the_size_of_the_picture(self) -> None:
        """Crops train the network and whole frames are what it is used on."""
        torch.manual_seed(0)
        backbone = PyramidBackbone(1, (4, 6)).eval()
        picture = torch.randn(1, 1, 64, 64)
        with torch.inference_mode():
            whole = backbone(picture)[0]
            part = backbone(picture[..., :48, :48])[0]
        torch.testing.assert_close(whole[..., :12, :12], part[..., :12, :12])
