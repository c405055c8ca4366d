"""Reading the model that a training goes on from, and the settings that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sbea_engine.nn.card import BadModel, ModelCard
from sbea_engine.pose.card import STAGE
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.factory import load
from sbea_engine.pose.network_estimator import NetworkEstimator
from sbea_engine.pose.recalibration import RecalibratedPose
from sbea_engine.pose.warm_split import Known
from sbea_engine.pose.warm_start import KEPT_SETTINGS, WarmStart

CARRIED_SETTINGS = (*KEPT_SETTINGS, "rotation_deg")
"""What a training that goes on takes over where nothing else is asked for."""


def read_start(folder: Path, name: str | None = None) -> tuple[WarmStart, Known]:
    """A saved model to go on from, and which frames it has learned.

    Args:
        name: For people; the folder's name if None.

    Raises:
        BadModel: Not a pose model, or damaged.
        BadPoseConfig: Several networks that answer together, which cannot go on.
        BadHoldout, BadHeldOut: It does not say which frames were held out.
    """
    model = load(folder, threads=1, device="cpu")
    called = folder.name if name is None else name
    if isinstance(model, RecalibratedPose):
        model = model.model_
    if not isinstance(model, NetworkEstimator):
        raise BadPoseConfig(
            f"{called} is several networks that answer together, and these cannot go on: each is judged by "
            f"the labels that it left out. Go on from a model of one network, or train anew."
        )
    start = WarmStart(
        name=called,
        card=model.card_,
        network=model.model_,
        plan=model.plan_,
        calibration=model.calibration_,
    )
    return start, Known.of(model.card_, folder, called)


def config_from(folder: Path, given: Mapping[str, Any]) -> PoseConfig:
    """Settings of a training that goes on: what is given, and for the rest what the model was trained with.

    Raises:
        BadModel: Not a pose model, or damaged.
        BadPoseConfig: A given setting is unknown or out of range.
    """
    card = ModelCard.read(folder, stage=STAGE)
    carried = {name: card.config[name] for name in CARRIED_SETTINGS if name in card.config}
    try:
        PoseConfig.from_dict(carried)
    except (TypeError, BadPoseConfig) as error:
        raise BadModel(f"{folder}: the settings on its card cannot be read ({error}).") from error
    return PoseConfig.from_dict({**carried, **given, "start_from": card.weights_sha256})


def holdout_from(folder: Path) -> str:
    """The holdout that a model was trained with."""
    return str(ModelCard.read(folder, stage=STAGE).data.get("holdout", "none"))
