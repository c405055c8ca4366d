"""Which trained model a new training may go on from, and what it then keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.projects.models import Project
from webapp.training.errors import BadTraining, ModelNotReady
from webapp.training.families import AUTO
from webapp.training.models import PoseModel
from webapp.training.selectors import video_ids_by_name

KEPT = ("family", "preset", "backbone", "colour", "rotation_deg", "disc_radius_px", "context_frames")
"""Settings that make the network what it is, as far as a model's row names them."""

VIDEO_IDS = "video_ids"
"""On the card of a model's row, not on that of its folder, which knows names alone: whose name each was."""


def card_with_videos(card: Mapping[str, Any], *, asked_for: Mapping[str, Any]) -> dict[str, Any]:
    """The card of a trained model that also says which videos it has learned.

    Args:
        asked_for: The card of the row since its labels were frozen: ids of all videos by the names they had.
    """
    learned = card.get("data", {}).get("training_frames", {})
    ids = asked_for.get(VIDEO_IDS, {})
    return {**card, VIDEO_IDS: {name: ids[name] for name in learned if name in ids}}


def start_model(*, project: Project, model_id: int) -> PoseModel:
    """The model to go on from.

    Raises:
        BadTraining: The project has no such model, or it does not suit: it finds other keypoints, is
            several networks, or has learned videos that are gone, called otherwise now, or whose names others
            have.
        ModelNotReady: It is not trained.
    """
    model = project.pose_models.filter(pk=model_id).first()
    if model is None:
        raise BadTraining("The model to go on from is not in this project. Choose one of its models.")
    if model.state != PoseModel.State.READY:
        raise ModelNotReady(f"{model.name} is not trained, so no training can go on from it.")
    if model.skeleton.definition["keypoints"] != project.skeleton.definition["keypoints"]:
        raise BadTraining(
            f"{model.name} finds {', '.join(model.skeleton.definition['keypoints'])}, and the project's "
            f"skeleton is another one now. Train anew."
        )
    if model.members != 1:
        raise BadTraining(
            f"{model.name} is several networks that answer together, and these cannot go on: each is judged "
            f"by the labels that it left out. Train anew."
        )
    _check_videos(model, video_ids_by_name(project=project))
    return model


def _check_videos(model: PoseModel, ids: Mapping[str, int]) -> None:
    """The engine goes by names: every video that was learned must still have its own."""
    learned = model.card.get("data", {}).get("training_frames", {})
    gone = sorted(set(learned) - set(ids))
    if gone:
        raise BadTraining(
            f"{model.name} has learned {gone[0]!r}, and the project has no video of that name now. Nobody "
            f"could tell which labels it has seen, and nothing it has seen may test it. Train anew, or give "
            f"the recording its name back."
        )
    meant = model.card.get(VIDEO_IDS, {})  # models of before do not say
    other = sorted(name for name in learned if meant.get(name, ids[name]) != ids[name])
    if other:
        raise BadTraining(
            f"{model.name} has learned {other[0]!r}, and another video has that name now. What it has seen "
            f"would be taken for something else, and might test it. Train anew, or give the recordings their "
            f"names back."
        )


def kept_holdout(*, start: PoseModel, holdout: str | None) -> str:
    """The holdout of a training that goes on: that of before, nothing, or further videos where videos were
    held out. The engine decides frame by frame; this refuses what cannot be.

    Raises:
        BadTraining: Another holdout, which would test on frames that the model has learned.
    """
    if holdout is None or holdout in {start.holdout, "none"}:
        return start.holdout if holdout is None else holdout
    further = holdout.startswith("videos:") and start.holdout.startswith("videos:")
    if further or start.holdout == "none":
        return holdout
    raise BadTraining(
        f"{start.name} held out {start.holdout!r} and has learned the rest, so what goes on from it is "
        f"tested on the same, not on {holdout[:60]!r}. Leave the holdout out, or train anew."
    )


def carried_config(*, start: PoseModel, chosen: Mapping[str, Any], preset: str | None) -> dict[str, Any]:
    """The engine's settings of a training that goes on.

    Args:
        chosen: What the person may choose anew: seed, minutes.

    Raises:
        BadTraining: Another preset, which is another network.
    """
    if preset is not None and preset != start.preset:
        raise BadTraining(
            f"{start.name} was trained with the preset {start.preset!r}, and a training that goes on from it "
            f"keeps that. Leave the preset out, or train anew."
        )
    kept = {name: start.config[name] for name in KEPT if name in start.config}
    return {**kept, "preset": start.preset, **chosen, "start_from": start.card["weights_sha256"]}


def check_same_network(*, start: PoseModel, family: str, members: int, backbone: str) -> None:
    """Refuse another network than that of the model to go on from; "", 1 and `auto` ask for none.

    Raises:
        BadTraining: A family, members or a backbone that differ.
    """
    asked = {"family": (family, start.family, ""), "backbone": (backbone, start.backbone, AUTO)}
    for name, (wanted, had, silent) in asked.items():
        if wanted not in {silent, had}:
            raise BadTraining(
                f"{start.name} has the {name} {had!r}, and a training that goes on from it keeps that, not "
                f"{wanted[:40]!r}. Leave the {name} out, or train anew."
            )
    if members != 1:
        raise BadTraining(f"A training goes on as one network, not as {members}. Leave members out.")


def check_nothing_beside(*, context_frames: int, unlabelled: Sequence[str]) -> None:
    """Refuse what is asked for beside the labels: a training that goes on learns from labels alone, and sees
    the frames around each where its model does.

    Raises:
        BadTraining: Something was asked for.
    """
    for name, asked in (("context_frames", context_frames), ("unlabelled", unlabelled)):
        if asked:
            raise BadTraining(
                f"A training that goes on learns from labels alone and sees the frames that its model does. "
                f"Leave {name} out, or train anew."
            )


def start_of(model: PoseModel) -> PoseModel | None:
    """The model that a queued training goes on from; None for one that starts anew.

    Raises:
        ModelNotReady: It was removed since.
    """
    if model.parent is None and "start_from" in model.config:
        raise ModelNotReady(
            f"The model that {model.name} was to go on from was removed. Train anew, or go on from another "
            f"model."
        )
    return model.parent
