"""What each family of pose models is, in words and facts, for whoever offers a choice of them.

Standard library only: the web process reads it, and loads no network. `factory.FAMILIES` has a class for each
name here, `tests/sbea_engine/pose/test_families.py` holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BACKBONES", "DEFAULT_FAMILY", "FAMILY_FACTS", "SEVERAL_ALIKE", "BackboneFacts", "FamilyFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneFacts:
    """A backbone that needs no other package.

    Attributes:
        name: As `PoseConfig.backbone` has it.
        title: For people.
        summary: One plain sentence.
    """

    name: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyFacts:
    """One family.

    Attributes:
        name: As `PoseConfig.family` has it, and as model cards keep it.
        title: For people.
        summary: One plain sentence: what it does, and for whom.
        tells_individuals_apart: Whether its answers say which individual is which. Only such families can be
            trained as several networks that answer together.
        backbones: Names of `BACKBONES` that it can stand on; the first is meant by `auto`. None where the
            network is all of one piece.
        outside_backbones: Whether it can stand on a network of the package `transformers` as well.
        temporal_context: Whether it can see the frames before and after the one that it answers for.
        uses_unlabelled: Whether its training takes terms on unlabelled video.
    """

    name: str
    title: str
    summary: str
    tells_individuals_apart: bool = True
    backbones: tuple[str, ...] = ()
    outside_backbones: bool = False
    temporal_context: bool = False
    uses_unlabelled: bool = False


BACKBONES: Mapping[str, BackboneFacts] = {
    entry.name: entry
    for entry in (
        BackboneFacts(
            name="pyramid",
            title="Small pyramid",
            summary="A small network of our own that a processor trains in minutes.",
        ),
        BackboneFacts(
            name="small_resnet",
            title="Small residual network",
            summary="A million weights: a processor trains it in minutes.",
        ),
        BackboneFacts(
            name="resnet50",
            title="ResNet-50",
            summary="The size of the publication, 23.5 million weights: slow without a graphics card.",
        ),
    )
}

DEFAULT_FAMILY = "two_stage"
SEVERAL_ALIKE = "bottom_up"
"""The family for several animals that nobody can tell apart by their looks."""

FAMILY_FACTS: Mapping[str, FamilyFacts] = {
    entry.name: entry
    for entry in (
        FamilyFacts(
            name=DEFAULT_FAMILY,
            title="Two stages",
            summary=(
                "Finds each animal in the whole picture, then looks closely at a crop turned along its body; "
                "the usual choice."
            ),
            backbones=("pyramid",),
            uses_unlabelled=True,
        ),
        FamilyFacts(
            name="pose_machine",
            title="Pose machine",
            summary="Looks at the whole picture twice, without a closer look; one network in place of two.",
            backbones=("pyramid",),
            outside_backbones=True,
            uses_unlabelled=True,
        ),
        FamilyFacts(
            name="pyramid",
            title="Pyramid",
            summary="Looks at the whole picture once; the smallest network.",
            backbones=("pyramid",),
            outside_backbones=True,
            temporal_context=True,
            uses_unlabelled=True,
        ),
        FamilyFacts(
            name="deeplabcut",
            title="DeepLabCut",
            summary=(
                "DeepLabCut's method as it was published, without pretrained weights; to compare with it."
            ),
            backbones=("small_resnet", "resnet50"),
            outside_backbones=True,
        ),
        FamilyFacts(
            name="heatmap_unet",
            title="U-Net",
            summary="A U-Net with one heatmap a keypoint, after SLEAP's design for single animals.",
            temporal_context=True,
            uses_unlabelled=True,
        ),
        FamilyFacts(
            name=SEVERAL_ALIKE,
            title="Bottom up",
            summary=(
                "Finds the keypoints of all animals at once, then looks at each closely; for animals that "
                "look alike, without saying who is who."
            ),
            tells_individuals_apart=False,
        ),
    )
}
