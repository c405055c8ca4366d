"""One member of an ensemble: its settings, and its training that outlives a kill."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from sbea_engine.data import LabelSet
from sbea_engine.nn.card import CARD_FILE
from sbea_engine.nn.checkpoint import BadCheckpoint
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.ensemble_files import MODEL, STATE, member_folder
from sbea_engine.pose.factory import PoseModel, create, load
from sbea_engine.pose.training import fingerprint
from sbea_engine.progress import OnProgress, Progress, ignore

SEEDS = 2**31
VALIDATION = 0.05
"""Share that a member keeps from its training: the least, as what all left out calibrates them."""


def member_config(config: PoseConfig, number: int) -> PoseConfig:
    """Settings of a member: another seed, its share of the time, nearly all of its labels to learn from."""
    return replace(
        config,
        members=1,
        seed=(config.seed + number) % SEEDS,
        validation=VALIDATION,
        minutes=None if config.minutes is None else max(0.05, config.minutes / config.members),
    )


def fit_member(
    labels: LabelSet,
    config: PoseConfig,
    number: int,
    *,
    checkpoint: Path | None = None,
    on_progress: OnProgress = ignore,
) -> PoseModel:
    """Train a member, or read it where an earlier attempt had finished it.

    Args:
        labels: Those that it may see.
        config: The ensemble's.
        checkpoint: The ensemble's folder of training state.

    Raises:
        BadCheckpoint: There is a member of another run.
    """
    own = member_config(config, number)
    run = hashlib.sha256(json.dumps(["member", fingerprint(labels, own)]).encode()).hexdigest()
    report = _as_part(number, config.members, on_progress)
    if checkpoint is None:
        return create(own).fit(labels, on_progress=report)
    place = member_folder(checkpoint, number)
    if (place / MODEL / CARD_FILE).exists():
        member = load(place / MODEL, threads=own.threads, device=own.device)
        if member.card_.data.get("run_sha256") != run:
            raise BadCheckpoint(
                f"{place}: holds a member of another run (other labels or settings). Choose a new folder for "
                f"the checkpoint, or remove this one."
            )
        return member
    member = create(own).fit(labels, checkpoint=place / STATE, on_progress=report)
    member.card_ = replace(member.card_, data={**member.card_.data, "run_sha256": run})
    member.save(place / MODEL)
    return member


def _as_part(number: int, members: int, on_progress: OnProgress) -> OnProgress:
    """Training of one member told as part of one training; other stages as they are."""

    def report(progress: Progress) -> None:
        if progress.stage == "train":
            done, total = number * progress.total + progress.done, members * progress.total
            progress = replace(progress, done=done, total=total)
        on_progress(progress)

    return report
