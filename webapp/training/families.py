"""Which families of pose models a project can be trained with, and why not with the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sbea_engine.pose.ensemble_size import moments_needed, share_seen
from sbea_engine.pose.families import BACKBONES, DEFAULT_FAMILY, FAMILY_FACTS, SEVERAL_ALIKE, FamilyFacts
from webapp.projects.models import Project
from webapp.training.backbones import PREFIX, lab_backbone, lab_backbones
from webapp.training.errors import BadTraining

__all__ = [
    "AUTO",
    "MIN_TRAINING_FRAMES",
    "MOST_MEMBERS",
    "BackboneOption",
    "FamilyOption",
    "MembersOption",
    "check_network",
    "default_family",
    "family_options",
    "family_title",
    "frames_needed",
    "members_options",
]

AUTO = "auto"
MIN_TRAINING_FRAMES = 8
"""Labelled frames that each network must have to learn from."""
MOST_MEMBERS = 5
"""The command line takes more; each of them holds a worker for as long again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneOption:
    """What a family can stand on; `name` is what a training says."""

    name: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyOption:
    """A family as a project sees it.

    Attributes:
        misfit: Why it cannot be chosen here; empty where it can.
        most_members: How many networks can answer together.
        backbones: The family's own choice first; empty where there is nothing to choose.
    """

    facts: FamilyFacts
    misfit: str
    most_members: int
    backbones: tuple[BackboneOption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersOption:
    """What so many networks cost: times the work of one, and the share of labels that each learns from."""

    members: int
    times: int
    share_seen: float
    frames_needed: int


def default_family(project: Project) -> str:
    """The family that a training has which names none."""
    return SEVERAL_ALIKE if _alike(project) else DEFAULT_FAMILY


def family_title(name: str) -> str:
    """For people; the name itself, of a family that this version does not know."""
    facts = FAMILY_FACTS.get(name)
    return name if facts is None else facts.title


def family_options(project: Project) -> list[FamilyOption]:
    """Every family there is, in the engine's order."""
    animals, alike = project.animals.count(), _alike(project)
    outside = [
        BackboneOption(
            name=found.choice,
            title=found.name,
            summary="Pretrained weights." if found.pretrained else "Random weights.",
        )
        for found in lab_backbones()
    ]
    return [
        FamilyOption(
            facts=facts,
            misfit=_misfit(facts, animals, alike),
            most_members=MOST_MEMBERS if facts.tells_individuals_apart else 1,
            backbones=_backbones(facts, outside),
        )
        for facts in FAMILY_FACTS.values()
    ]


def members_options() -> list[MembersOption]:
    """One network to `MOST_MEMBERS`."""
    return [
        MembersOption(members=n, times=n, share_seen=share_seen(n), frames_needed=frames_needed(n))
        for n in range(1, MOST_MEMBERS + 1)
    ]


def frames_needed(members: int) -> int:
    """Labelled frames without which so many networks are not trained."""
    return max(moments_needed(members), math.ceil(MIN_TRAINING_FRAMES / share_seen(members)))


def check_network(*, project: Project, family: str, members: int, backbone: str) -> None:
    """Refuse what cannot be trained in this project.

    Raises:
        BadTraining: An unknown family, one that does not suit the project's animals, a number of members or
            a backbone that it does not take. The message says what it takes.
    """
    options = {option.facts.name: option for option in family_options(project)}
    if family not in options:
        raise BadTraining(f"Unknown family {family[:40]!r}; known: {', '.join(options)}.")
    option = options[family]
    if option.misfit:
        raise BadTraining(f"The family {option.facts.title} does not suit this project. {option.misfit}")
    if not 1 <= members <= option.most_members:
        most = option.most_members
        raise BadTraining(
            f"The family {option.facts.title} is trained as one network."
            if most == 1
            else f"members is a number from 1 to {most}; got {members}."
        )
    _check_backbone(option, backbone)


def _check_backbone(option: FamilyOption, backbone: str) -> None:
    names = [AUTO, *(found.name for found in option.backbones)]
    if backbone in names or backbone in option.facts.backbones:
        return
    if option.facts.outside_backbones and backbone.startswith(PREFIX):
        lab_backbone(backbone)  # says that it is not there
    raise BadTraining(
        f"backbone {backbone[:80]!r}: the family {option.facts.title} takes {', '.join(names)}. Paths and "
        "addresses cannot be named here; whoever runs the server can add a backbone (SBEA_BACKBONES)."
    )


def _alike(project: Project) -> bool:
    return project.animals_look_alike and project.animals.count() > 1


def _misfit(facts: FamilyFacts, animals: int, alike: bool) -> str:
    if facts.tells_individuals_apart:
        return "It tells animals apart by their looks, and those of this project look alike." if alike else ""
    if animals == 1:
        return "It is for several animals that look alike; this project has one animal."
    return "" if alike else "It does not say who is who, and the animals of this project look different."


def _backbones(facts: FamilyFacts, outside: Sequence[BackboneOption]) -> tuple[BackboneOption, ...]:
    own = [BACKBONES[name] for name in facts.backbones]
    found = [BackboneOption(name=each.name, title=each.title, summary=each.summary) for each in own]
    found += outside if facts.outside_backbones else ()
    return tuple(found) if len(found) > 1 else ()
