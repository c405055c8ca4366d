"""What a user chooses for pose training, and what each preset stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Self, get_args

from sbea_engine.errors import BadInput
from sbea_engine.nn.backbone_source import SOURCES_HELP, BadBackbone, parse_source
from sbea_engine.pose.consistency_config import BadConsistency, ConsistencyConfig
from sbea_engine.pose.ensemble_size import MAX_MEMBERS
from sbea_engine.pose.families import BACKBONES, DEFAULT_FAMILY, FAMILY_FACTS

PresetName = Literal["tiny", "fast", "default"]
Colour = Literal["grey", "rgb"]
PrecisionChoice = Literal["auto", "fp32", "bf16"]


OWN_BACKBONES = ("auto", *BACKBONES)
"""Backbones by name that need no other package; which family takes which is in `families.py`."""

LATER_SETTINGS = (
    "backbone",
    "consistency",
    "context_frames",
    "disc_radius_px",
    "members",
    "start_from",
)
"""Added after the first release: at their default they leave the fingerprint of a run as it was."""

CONTEXTS = (0, 2)
"""Frames before and after that a network can see besides the one that it answers for."""

DISC_FAMILY = "deeplabcut"
"""The family whose keypoints are discs on a score map."""

WARM_SHARE = 0.35
"""Of the preset's steps where training goes on from a model; see `benchmarks/pose_warm_start.py`."""


class BadPoseConfig(BadInput):
    """A setting of pose training is unknown or out of range."""

    code = "bad_pose_config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Size of the network and of its training.

    Attributes:
        channels: Width of each level of the backbone, finest first.
        extent_px: The animal's labelled extent after scaling, working pixels, at least.
        gap_px: Distance between the closest neighbours of the skeleton after scaling, working pixels, at
            least: nearer than some cells of the map, two keypoints cannot be told apart.
        crop_px: Side of a training view, working pixels; larger where the animal would not fit.
        batch_size: Views an iteration.
        iterations: Steps of the optimiser for one individual; see `PoseConfig.steps`.
        learning_rate: Highest rate.
    """

    channels: tuple[int, ...]
    extent_px: float
    gap_px: float
    crop_px: int
    batch_size: int
    iterations: int
    learning_rate: float = 3e-3


FULL = (16, 32, 64, 96, 128)

PRESETS: Mapping[PresetName, Preset] = {
    "tiny": Preset(
        channels=(8, 16, 24, 32), extent_px=28, gap_px=2, crop_px=64, batch_size=8, iterations=120
    ),
    "fast": Preset(channels=FULL, extent_px=60, gap_px=5, crop_px=128, batch_size=12, iterations=250),
    "default": Preset(channels=FULL, extent_px=60, gap_px=5, crop_px=128, batch_size=16, iterations=500),
}

COARSE: Mapping[PresetName, Preset] = {
    "tiny": replace(PRESETS["tiny"], iterations=60),
    "fast": replace(PRESETS["fast"], extent_px=40, gap_px=3, crop_px=96, iterations=400),
    "default": replace(PRESETS["default"], gap_px=2, iterations=560),
}
"""Of the first stage of `two_stage`, which has to say where the animal is and which way it points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinePreset:
    """Size of the second stage of `two_stage`.

    Attributes:
        channels: As in `Preset`.
        long_px: Longer side of a crop, crop pixels, at most.
        most_zoom: Crop pixels a source pixel, at most.
        batch_size, iterations, learning_rate: As in `Preset`.
    """

    channels: tuple[int, ...]
    long_px: int
    most_zoom: float
    batch_size: int
    iterations: int
    learning_rate: float = 3e-3


FINE: Mapping[PresetName, FinePreset] = {
    "tiny": FinePreset(channels=(8, 16, 24, 32), long_px=64, most_zoom=1, batch_size=8, iterations=60),
    "fast": FinePreset(channels=FULL, long_px=192, most_zoom=1.5, batch_size=12, iterations=300),
    "default": FinePreset(channels=FULL, long_px=288, most_zoom=1.5, batch_size=16, iterations=650),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseConfig:
    """Settings of one pose training.

    Attributes:
        preset: `tiny` (seconds, for tests), `fast` (a minute or two on CPU) or `default` (four or five);
            twice that for several individuals.
        family: Member of the registry in `factory.py`.
        seed: Of weights, views and order. Same seed, config, labels, threads and machine: same model.
        iterations: Overrides the preset's, for however many individuals.
        minutes: Wall-clock budget: before training a few steps are timed and the number of iterations is
            lowered to what fits. How many that is depends on the machine, so the model card records it,
            and a run with `iterations` set to it repeats the result. None: no budget.
        threads: Torch threads; None is one less than there are cores, and at least one.
        device: `auto`, `cpu`, `cuda` or `cuda:1`.
        precision: `auto` computes in bf16 where the hardware does, else in fp32.
        colour: What the network sees.
        rotation_deg: Training views are turned by up to this much. 180 suits cameras above the animal; 30
            suits a camera from the side, where up is always up.
        validation: Share of the training frames, in blocks of time, that is kept out of training to draw
            the curve and to calibrate confidence.
        cache_bytes: Bound on the memory for labelled frames at working scale.
        backbone: `auto` is the family's own; or a name of `OWN_BACKBONES`, or a network of the package
            `transformers`: `config:PATH`, `folder:PATH`, `hub:OWNER/NAME[@REVISION]`. Not all families take
            all of them.
        disc_radius_px: Of the family `deeplabcut`: radius of the disc that is a keypoint on a score map,
            pixels of the scaled picture. None is that family's 17.
        members: Networks that are trained apart and answer together, see `ensemble.py`; 1 is one network.
        start_from: SHA-256 of the weights that training goes on from, see `warm_start.py`; None: it starts
            anew.
        context_frames: Frames before and after each that the network sees too, 0 or 2; see
            `temporal_context.py`. The labels must then be of videos, and not all families can.
        consistency: Terms on unlabelled video; None: labels alone.
    """

    preset: PresetName = "default"
    family: str = DEFAULT_FAMILY
    seed: int = 0
    iterations: int | None = None
    minutes: float | None = None
    threads: int | None = None
    device: str = "auto"
    precision: PrecisionChoice = "auto"
    colour: Colour = "grey"
    rotation_deg: float = 180.0
    validation: float = 0.15
    cache_bytes: int = 1 << 30
    backbone: str = "auto"
    disc_radius_px: float | None = None
    members: int = 1
    start_from: str | None = None
    context_frames: int = 0
    consistency: ConsistencyConfig | None = None

    def __post_init__(self) -> None:
        _one_of("preset", self.preset, get_args(PresetName))
        _one_of("colour", self.colour, get_args(Colour))
        _one_of("precision", self.precision, get_args(PrecisionChoice))
        _in_range("seed", self.seed, 0, 2**31 - 1, whole=True)
        _in_range("validation", self.validation, 0.05, 0.5)
        _in_range("cache_bytes", self.cache_bytes, 1 << 20, 1 << 40, whole=True)
        if self.iterations is not None:
            _in_range("iterations", self.iterations, 1, 1_000_000, whole=True)
        if self.minutes is not None:
            _in_range("minutes", self.minutes, 0.05, 10_000)
        if self.threads is not None:
            _in_range("threads", self.threads, 1, 1024, whole=True)
        _in_range("rotation_deg", self.rotation_deg, 0, 180)
        if self.disc_radius_px is not None:
            _in_range("disc_radius_px", self.disc_radius_px, 0.5, 1000)
            _check_discs(self.family)
        _check_backbone(self.backbone)
        _in_range("members", self.members, 1, MAX_MEMBERS, whole=True)
        _check_start(self.start_from, self.members)
        _check_context(self.context_frames, self.family, self.members)
        _check_consistency(self.consistency, self.family, self.context_frames)

    @property
    def size(self) -> Preset:
        """The numbers behind the preset."""
        return PRESETS[self.preset]

    @property
    def in_channels(self) -> int:
        """Of what the network sees: 1 for grey, 3 for colour."""
        return 1 if self.colour == "grey" else 3

    def steps(self, individuals: int) -> int:
        """Steps of the optimiser. A view is round one individual, so that each of two is trained as one would
        be by twice the steps; more than two share most of what is learned."""
        if self.iterations is not None:
            return self.iterations
        return self.shortened(self.size.iterations * min(individuals, 2))

    def shortened(self, steps: int) -> int:
        """Of a preset's steps those that are made: a share of them where training goes on from a model."""
        return steps if self.start_from is None else max(1, round(WARM_SHARE * steps))

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from JSON; raises `BadPoseConfig` for unknown keys and values out of range."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise BadPoseConfig(
                f"Unknown pose setting: {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
            )
        return cls(**{**data, "consistency": _consistency(data.get("consistency"))})


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadPoseConfig(f"{name} is one of {', '.join(allowed)}; got {value!r}.")


def _check_backbone(value: object) -> None:
    try:
        known = isinstance(value, str) and (value in OWN_BACKBONES or parse_source(value) is not None)
    except BadBackbone as error:
        raise BadPoseConfig(f"backbone: {error}") from error
    if not known:
        raise BadPoseConfig(f"backbone is one of {', '.join(OWN_BACKBONES)}, {SOURCES_HELP}; got {value!r}.")


def _check_discs(family: str) -> None:
    if family in FAMILY_FACTS and family != DISC_FAMILY:
        raise BadPoseConfig(
            f"disc_radius_px is of the family {DISC_FAMILY}; {family} has no discs. Leave it out, or take "
            f"that family."
        )


def _check_start(value: object, members: int) -> None:
    if value is None:
        return
    if not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{64}", value) is None:
        raise BadPoseConfig(f"start_from is the SHA-256 of a model's weights, 64 digits; got {value!r}.")
    if members > 1:
        raise BadPoseConfig(
            "Several members cannot go on from a model: each leaves out a block of time, and these blocks "
            "move as labels are added, so that members would be judged by labels that they have learned. "
            "Train one network, or train the members anew."
        )


def _check_context(frames: object, family: str, members: int) -> None:
    if isinstance(frames, bool) or frames not in CONTEXTS:
        raise BadPoseConfig(f"context_frames is one of {', '.join(map(str, CONTEXTS))}; got {frames!r}.")
    if frames == 0:
        return
    able = [name for name, facts in FAMILY_FACTS.items() if facts.temporal_context]
    if family not in able:
        raise BadPoseConfig(
            f"context_frames {frames}: the family {family} sees each frame alone. Families that can see the "
            f"frames before and after it: {', '.join(able)}."
        )
    if members > 1:
        raise BadPoseConfig(
            f"context_frames {frames}: several members cannot see frames before and after. Train one "
            f"network, or set context_frames to 0."
        )


def _consistency(given: object) -> object:
    """From its JSON form; anything else as it is."""
    if not isinstance(given, Mapping):
        return given
    try:
        return ConsistencyConfig.from_dict(given)
    except BadConsistency as error:
        raise BadPoseConfig(f"consistency: {error}") from error


def _check_consistency(value: object, family: str, context_frames: int) -> None:
    if value is None:
        return
    if not isinstance(value, ConsistencyConfig):
        raise BadPoseConfig(f"consistency is a mapping of settings, or nothing; got {value!r}.")
    if family in FAMILY_FACTS and not FAMILY_FACTS[family].uses_unlabelled:
        able = ", ".join(name for name, facts in FAMILY_FACTS.items() if facts.uses_unlabelled)
        raise BadPoseConfig(
            f"consistency: the family {family} has no terms on unlabelled video. Take one of {able}, or "
            f"leave the unlabelled video out."
        )
    if context_frames:
        raise BadPoseConfig(
            f"consistency: a network that sees {context_frames} frames before and after takes no terms on "
            f"unlabelled video. Set context_frames to 0, or leave the unlabelled video out."
        )


def _in_range(name: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    kind = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        what = "a whole number" if whole else "a number"
        raise BadPoseConfig(f"{name} is {what} from {low} to {high}; got {value!r}.")
