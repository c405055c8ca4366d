"""The card of a pose model: its facts, and in words what its numbers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sbea_engine.data import LabelSet
from sbea_engine.nn.backbone import parameter_count
from sbea_engine.nn.card import ModelCard, now_utc, software_versions
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.plan import placed_mask

if TYPE_CHECKING:
    from sbea_engine.pose.training import FitOutcome

STAGE = "pose"

UNSEEN = "which the weights never saw"
UNSEEN_YET = (
    "which the weights had not seen when they answered them, and went on with afterwards: what is kept has "
    "seen more than what was measured"
)


def make_card(labels: LabelSet, config: PoseConfig, outcome: FitOutcome[Any, Any], threads: int) -> ModelCard:
    """What a reader or a later run wants to know, save the weights' checksum: that needs the file."""
    return ModelCard(
        stage=STAGE,
        family=config.family,
        created_at=now_utc(),
        config=config.to_dict(),
        plan=outcome.plan.to_dict(),
        data=_data_facts(labels, outcome),
        training={
            "iterations": outcome.trained.iterations,
            "seconds": round(outcome.trained.seconds, 1),
            "threads": threads,
            "precision": outcome.precision,
            "parameters": parameter_count(outcome.model),
            "curve": outcome.trained.curve,
            **({} if outcome.consistency is None else {"consistency": outcome.consistency}),
        },
        meaning={**_meaning(outcome), **_context_meaning(config.context_frames)},
        stage_facts={
            "skeleton": labels.skeleton.to_dict(),
            "individuals": list(labels.individuals),
            "calibration": outcome.calibration.to_dict(),
            "backbone": outcome.model.backbone_facts,
            "validation": outcome.validation,
        },
        software=software_versions(),
        weights_sha256="",
    )


def _data_facts(labels: LabelSet, outcome: FitOutcome[Any, Any]) -> dict[str, Any]:
    kept_out = [labels.frames[int(row)] for row in outcome.validation_rows]
    return {
        "labels_sha256": outcome.labels_sha256,
        "frames": len(labels),
        "points": int(placed_mask(labels).sum()),
        "videos": sorted({frame.video for frame in labels.frames}),
        "training_frames": frames_by_video(labels),
        "validation_frames": [{"video": frame.video, "index": frame.index} for frame in kept_out],
    }


def frames_by_video(labels: LabelSet) -> dict[str, list[int]]:
    """Frame indices of each video, ascending."""
    frames: dict[str, list[int]] = {}
    for row in labels.time_order():
        frames.setdefault(labels.frames[row].video, []).append(int(labels.frames[row].index))
    return frames


def _meaning(outcome: FitOutcome[Any, Any]) -> dict[str, str]:
    calibration, radius = outcome.calibration, outcome.plan.radius_px
    return {
        "points_px": "x and y in source pixels; (0, 0) is the centre of the top-left pixel.",
        "confidence": (
            f"Estimated probability that the keypoint is in the picture and that the answer lies within "
            f"{radius:.1f} source pixels of where a person would place it. {outcome.model.trust_origin} "
            f"Calibrated on {calibration.n} points of validation frames, "
            f"{UNSEEN_YET if outcome.refitted else UNSEEN}; {_share(calibration.right)} were right. It holds "
            f"for frames like those; on other recordings it is a ranking."
        ),
        "validation": (
            f"Blocks of time inside the training frames, {UNSEEN_YET if outcome.refitted else UNSEEN}. They "
            f"draw the curve and calibrate confidence. No weights were chosen by them: the last running "
            f"average is kept."
        ),
    }


def _context_meaning(frames: int) -> dict[str, str]:
    if not frames:
        return {}
    return {
        "context_frames": (
            f"Each answer is made from its frame together with the {frames} frames before and the {frames} "
            f"after it. At the edges of a video its first or last frame is taken again."
        )
    }


def _share(value: float | None) -> str:
    return "an unknown share" if value is None else f"{100 * value:.0f} %"
