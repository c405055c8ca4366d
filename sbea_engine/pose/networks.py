"""From a config to an untrained network: which families there are, and which backbones each takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from sbea_engine.nn.backbone_source import SOURCES_HELP, parse_source
from sbea_engine.nn.resnet import resnet50, small_resnet
from sbea_engine.pose.config import BadPoseConfig, PoseConfig, Preset
from sbea_engine.pose.deeplabcut import ENCODER_STRIDE, DeepLabCut
from sbea_engine.pose.disc_maps import DISC_RADIUS_PX
from sbea_engine.pose.families import FAMILY_FACTS
from sbea_engine.pose.heatmap_unet import HeatmapUNet
from sbea_engine.pose.machine import PoseMachine
from sbea_engine.pose.model import PoseNet, PoseNetwork
from sbea_engine.pose.temporal_context import TemporalContext

CONTEXT_STRIDE = 4
"""Input pixels a cell, each way, of what looks at the frames before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """What a network is built for.

    Attributes:
        individuals, keypoints: Their product is the length of the keypoint axis.
        config: What the user chose.
        size: Of the network; the config's preset has one for each family.
        backbone_facts: Of the model card where a trained network is built anew: its backbone is then made
            from them, without the files or the hub that it first came from.
    """

    individuals: int
    keypoints: int
    config: PoseConfig
    size: Preset
    backbone_facts: Mapping[str, Any] | None = None

    @property
    def in_channels(self) -> int:
        """1 for grey, 3 for colour."""
        return self.config.in_channels


def _pyramid_family(network: type[PoseNet] | type[PoseMachine]) -> Callable[[NetworkRequest], PoseNetwork]:
    def build(wanted: NetworkRequest) -> PoseNetwork:
        channels = wanted.size.channels
        backbone: nn.Module | None = None
        if _choice(wanted) == "transformers":
            from sbea_engine.nn.encoder import EncoderPyramid

            backbone = EncoderPyramid(_encoder(wanted), wanted.in_channels, channels)
        return network(wanted.individuals, wanted.keypoints, wanted.in_channels, channels, backbone)

    return build


def _deeplabcut(wanted: NetworkRequest) -> PoseNetwork:
    choice = _choice(wanted)
    if choice == "transformers":
        backbone: nn.Module = _encoder(wanted, atrous=True)
    elif choice == "resnet50":
        backbone = resnet50(wanted.in_channels)
    else:
        backbone = small_resnet(wanted.in_channels, wanted.size.channels[-4:])
    strides: tuple[int, ...] = backbone.strides  # type: ignore[assignment]
    if ENCODER_STRIDE not in strides:
        raise BadPoseConfig(
            f"backbone {wanted.config.backbone!r} has maps of stride {', '.join(map(str, strides))}; the "
            f"family deeplabcut needs one of stride {ENCODER_STRIDE}."
        )
    radius = wanted.config.disc_radius_px
    return DeepLabCut(
        wanted.individuals,
        wanted.keypoints,
        backbone,
        disc_radius_px=DISC_RADIUS_PX if radius is None else radius,
    )


def _heatmap_unet(wanted: NetworkRequest) -> PoseNetwork:
    if wanted.config.backbone != "auto":
        raise BadPoseConfig(
            f"backbone {wanted.config.backbone!r}: the U-Net of the family heatmap_unet is the method; it "
            f"only takes auto."
        )
    filters = round(1.5 * wanted.size.channels[0])  # the published 24 at full size
    return HeatmapUNet(wanted.individuals, wanted.keypoints, wanted.in_channels, filters)


NETWORKS: Mapping[str, Callable[[NetworkRequest], PoseNetwork]] = {
    "deeplabcut": _deeplabcut,
    "heatmap_unet": _heatmap_unet,
    "pose_machine": _pyramid_family(PoseMachine),
    "pyramid": _pyramid_family(PoseNet),
}
"""By family, as in `factory.FAMILIES`."""


def build_network(wanted: NetworkRequest) -> PoseNetwork:
    """The untrained network; its weights come from torch's generator.

    Raises:
        BadPoseConfig: The family is unknown, or does not take the backbone or another of its settings.
        BadBackbone: The backbone's files or package are missing, or it cannot serve.
    """
    config = wanted.config
    if config.family not in NETWORKS:
        raise BadPoseConfig(f"Unknown pose network {config.family!r}; known: {', '.join(NETWORKS)}.")
    network = NETWORKS[config.family](wanted)
    if config.context_frames:  # made last: the other weights are those of a network without
        network.context = TemporalContext(_finest_channels(network), CONTEXT_STRIDE // network.stride)
    return network


def _finest_channels(network: PoseNetwork) -> int:
    """Of the features that maps are read from, of a family that can have context (`families.py`)."""
    assert isinstance(network, PoseNet | HeatmapUNet)  # the config has seen to it
    return network.maps.in_channels


def _choice(wanted: NetworkRequest) -> str:
    """A backbone of the family's own, the first for `auto`, or `transformers`."""
    own = FAMILY_FACTS[wanted.config.family].backbones
    backbone = wanted.config.backbone
    if backbone == "auto":
        return own[0]
    if backbone in own:
        return backbone
    if parse_source(backbone) is not None:
        return "transformers"
    raise BadPoseConfig(
        f"backbone {backbone!r}: the family {wanted.config.family} takes auto, {', '.join(own)}, "
        f"{SOURCES_HELP}."
    )


def _encoder(wanted: NetworkRequest, *, atrous: bool = False) -> Any:
    """The encoder that the config names, or that a card describes."""
    from sbea_engine.nn.encoder import TransformersEncoder
    from sbea_engine.nn.transformers_loader import build_network as build_transformers
    from sbea_engine.nn.transformers_loader import load_network

    if wanted.backbone_facts is not None:
        facts = wanted.backbone_facts
        return TransformersEncoder(build_transformers(facts["architecture"]), facts, atrous=atrous)
    source = parse_source(wanted.config.backbone)
    assert source is not None  # `_choice` has seen it
    loaded = load_network(source)
    return TransformersEncoder(loaded.module, loaded.facts, atrous=atrous)
