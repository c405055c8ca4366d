"""The card of an ensemble: its facts, and in words what its numbers mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sbea_engine.data import LabelSet
from sbea_engine.nn.card import ModelCard, now_utc, software_versions
from sbea_engine.pose.agreement import AgreementCalibration, answers_logit
from sbea_engine.pose.card import STAGE, frames_by_video
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.out_of_fold import OutOfFold
from sbea_engine.pose.plan import placed_mask
from sbea_engine.pose.training import labels_checksum

if TYPE_CHECKING:
    from sbea_engine.pose.factory import PoseModel


def ensemble_card(
    labels: LabelSet,
    config: PoseConfig,
    members: Sequence[PoseModel],
    found: OutOfFold,
    calibration: AgreementCalibration,
    *,
    shrinkage: float,
) -> ModelCard:
    """What a reader or a later run wants to know, save the weights' checksum: that needs the file."""
    training = [member.card_.training for member in members]
    return ModelCard(
        stage=STAGE,
        family=config.family,
        created_at=now_utc(),
        config=config.to_dict(),
        plan={**members[0].card_.plan, "radius_px": calibration.radius_px},
        data={
            "labels_sha256": labels_checksum(labels),
            "frames": len(labels),
            "points": int(placed_mask(labels).sum()),
            "videos": sorted({frame.video for frame in labels.frames}),
            "training_frames": frames_by_video(labels),
            "validation_frames": [],
        },
        training={
            "iterations": sum(int(t["iterations"]) for t in training),
            "seconds": round(sum(float(t["seconds"]) for t in training), 1),
            "threads": training[0]["threads"],
            "precision": training[0]["precision"],
            "parameters": sum(int(t["parameters"]) for t in training),
            "curve": training[0]["curve"],
            **{name: training[0][name] for name in ("consistency",) if name in training[0]},
        },
        meaning=_meaning(len(members), calibration, shrinkage),
        stage_facts={
            "skeleton": labels.skeleton.to_dict(),
            "individuals": list(labels.individuals),
            "calibration": calibration.to_dict(),
            "shrinkage": shrinkage,
            "validation": _validation(labels, found, calibration),
        },
        software=software_versions(),
        weights_sha256="",
    )


def _validation(labels: LabelSet, found: OutOfFold, calibration: AgreementCalibration) -> dict[str, Any]:
    """`metrics.evaluate` of the answers to labels by the members that left them out."""
    agreed = found.consensus(calibration.radius_px)
    confidence = np.nan_to_num(calibration.apply(answers_logit(found.confidence), agreed.spread_px))
    points = agreed.points_px.astype(np.float32)
    return evaluate(labels, points, confidence, radius_px=calibration.radius_px)


def _meaning(members: int, calibration: AgreementCalibration, shrinkage: float) -> dict[str, str]:
    fit = calibration.calibration
    share = "an unknown share" if fit.right is None else f"{100 * fit.right:.0f} %"
    return {
        "points_px": (
            f"x and y in source pixels; (0, 0) is the centre of the top-left pixel. Robust mean of {members} "
            f"networks that were trained apart."
        ),
        "confidence": (
            f"Estimated probability that the keypoint is in the picture and that the answer lies within "
            f"{calibration.radius_px:.1f} source pixels of where a person would place it. Calibrated on "
            f"{fit.n} labels, each answered by members that had not seen it, of which {share} were right "
            f"once distances were multiplied by {shrinkage:.2f} for the members that did not answer. It "
            f"holds for frames like those; on other recordings it is a ranking."
        ),
        "validation": (
            "Answers to the training labels, each by the members that left it out in blocks of time. Fewer "
            "members answer than do in use, and what they say also calibrated the confidence."
        ),
    }
