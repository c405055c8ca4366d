"""Starting, finishing and removing the training of a pose model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.annotation.selectors import labelled_frame_counts
from webapp.jobs.models import OPEN_STATES, Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.training.beside_labels import beside_labels
from webapp.training.errors import BadTraining, ModelInUse, ModelNameTaken, TooFewLabels
from webapp.training.families import AUTO, check_network, default_family, frames_needed
from webapp.training.models import PoseModel
from webapp.training.selectors import video_ids_by_name
from webapp.training.snapshots import snapshot_create
from webapp.training.warm_start import (
    VIDEO_IDS,
    card_with_videos,
    carried_config,
    check_nothing_beside,
    check_same_network,
    kept_holdout,
    start_model,
)

PRESETS = ("tiny", "fast", "default")
WHOLE_FRAME = 0.999
"""As `sbea_engine.pose.splits.WHOLE_MOMENT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """What a person chooses.

    Attributes:
        name: Empty for the next free "model N".
        holdout: `none`; `last:0.2`, the last fifth of the labelled moments of each recording, in all of its
            views; `block:0.6-0.8`; or `videos:a,b`. As `sbea_engine.pose.splits` reads it, which the web
            process cannot import.
        family: Name of a family; empty for the one that suits the project.
        members: Networks that are trained apart and answer together.
        backbone: A name of the family's options; `auto` is its own choice. Never a path or an address.
        minutes: Wall-clock budget; None for the preset's own length.
        context_frames: Frames before and after each that the network sees too, 0 or 2.
        unlabelled: Videos, by the names of label sets, that it looks at without labels.
        start_from: Model to go on from; its network, preset and holdout are kept, so these are then left out
            or the same (see `warm_start.py`). Without one, None is what is usual: default, last:0.2.
    """

    name: str = ""
    preset: str | None = None
    holdout: str | None = None
    family: str = ""
    members: int = 1
    backbone: str = AUTO
    seed: int = 0
    minutes: float | None = None
    context_frames: int = 0
    unlabelled: tuple[str, ...] = ()
    start_from: int | None = None


@transaction.atomic
def pose_model_train(*, project: Project, request: TrainingRequest, by: User) -> PoseModel:
    """Freeze the labels and queue a training on them.

    Raises:
        TooFewLabels: Fewer frames remain to learn from than so many networks need, or none to test on.
        BadTraining: An unknown preset, a holdout that cannot be read, or a family, members, backbone, context
            or unlabelled videos that the project cannot be trained with.
        ModelNameTaken: The project has a model of this name.
        ModelNotReady: The model to go on from is not trained.
    """
    require(by, project, Capability.TRAIN)
    if request.preset is not None and request.preset not in PRESETS:
        raise BadTraining(f"Unknown preset {request.preset[:40]!r}; known: {', '.join(PRESETS)}.")
    model = _model_row(project, _chosen(project, request), by=by)
    model.job = job_start(
        kind=JobKind.POSE_TRAIN,
        project=project,
        params={"model_id": model.pk},
        by=by,
        label=f"Train {model.name}",
        target=f"model:{model.pk}",
    )
    model.save(update_fields=["job"])
    return model


def pose_model_store(
    *, model: PoseModel, folder: Path, card: Mapping[str, Any], metrics: Mapping[str, Any]
) -> None:
    """Take a trained model over: its files into place, its card and figures into the row.

    Args:
        folder: Complete model folder on the data root's file system; it is moved.
        metrics: `test` and `validation`, each as `sbea_engine.pose.metrics.evaluate` gives it, or absent.
    """
    target = storage.model_folder(model.pk)
    with transaction.atomic():
        storage.move_into_place(folder, target)
        model.folder = storage.stored_name(target)
        model.card = card_with_videos(card, asked_for=model.card)
        ids = video_ids_by_name(project=model.project)
        model.metrics = {**metrics, **_worst(ids, metrics), **_suspects(ids, metrics)}
        model.state = PoseModel.State.READY
        model.save()


def pose_model_mark(*, model_id: int, state: PoseModel.State) -> None:
    """Follow the job of a model that is not ready."""
    PoseModel.objects.filter(pk=model_id).exclude(state=PoseModel.State.READY).update(state=state)


def pose_model_delete(*, model: PoseModel, by: User) -> None:
    """Remove a model with its files, the predictions it made and the 3D poses made from those.

    Raises:
        ModelInUse: A job is training or running it, goes on from it, asks it for frames, or makes 3D poses,
            a video or a map from its predictions.
    """
    require(by, model.project, Capability.TRAIN)
    predicting = (result.job for result in model.results.select_related("job"))
    reconstructing = (found.job for found in model.reconstructions.select_related("job"))
    going_on = (child.job for child in model.children.select_related("job"))
    targets = [f"result:{pk}" for pk in model.results.values_list("pk", flat=True)]
    reading = Job.objects.filter(
        Q(target__in=targets) | Q(kind=JobKind.VIDEO_SUGGEST, params__model_id=model.pk),
        project=model.project,
        state__in=OPEN_STATES,
    )
    jobs = [model.job, *predicting, *reconstructing, *going_on, *reading]
    busy = next((job for job in jobs if job is not None and job.is_open), None)
    if busy is not None:
        raise ModelInUse(f"{busy.label!r} has not ended yet. Cancel it first.", job_id=str(busy.pk))
    model.delete()


def training_frames(frames: Mapping[str, int], holdout: str) -> tuple[int, int]:
    """How many labelled frames a holdout leaves to learn from, and how many to test on.

    Args:
        frames: Labelled frames by video name.

    Raises:
        BadTraining: The holdout cannot be read or names an unknown video.
    """
    total = sum(frames.values())
    kind, _, value = holdout.partition(":")
    if holdout == "none":
        return total, 0
    if kind in {"last", "block"}:
        start, stop = _bounds(holdout, kind, value)
        share = min(stop - start, 1 - (stop - start))
        parts = [count for count in frames.values() if share * count >= WHOLE_FRAME]
        parts.append(total - sum(parts))  # too short for a share of their own: divided as one
        test = sum(round(stop * count) - round(start * count) for count in parts)
        return total - test, test
    if kind == "videos":
        names = _videos_of(holdout)
        unknown = next((name for name in names if name not in frames), None)
        if not names or unknown is not None:
            raise BadTraining(
                f"holdout {holdout[:60]!r}: name labelled videos, of {', '.join(sorted(frames))}."
            )
        test = sum(frames[name] for name in set(names))
        return total - test, test
    raise BadTraining(f"holdout {holdout[:60]!r} is not none, last:0.2, block:0.6-0.8 or videos:a,b.")


def _videos_of(holdout: str) -> list[str]:
    """Names in `videos:a,b`."""
    return [name.strip() for name in holdout.partition(":")[2].split(",") if name.strip()]


def _bounds(holdout: str, kind: str, value: str) -> tuple[float, float]:
    try:
        start, stop = (1 - float(value), 1.0) if kind == "last" else map(float, value.split("-"))
    except ValueError:
        start, stop = 1.0, 0.0
    if not 0 <= start < stop <= 1 or stop - start >= 1:
        raise BadTraining(
            f"holdout {holdout[:60]!r}: shares lie between 0 and 1, and something must be left."
        )
    return start, stop


def _check_amount(frames: Mapping[str, int], holdout: str, members: int) -> None:
    train, test = training_frames(frames, holdout)
    needed = frames_needed(members)
    if train < needed:
        several = "" if members == 1 else f" for {members} networks"
        raise TooFewLabels(
            f"{train + test} frames are labelled and {train} of them would be left to learn from; at least "
            f"{needed} are needed{several}. Label more frames, or hold out fewer.",
            labelled=train + test,
            training=train,
            needed=needed,
        )
    if holdout != "none" and test == 0:
        raise TooFewLabels(
            f"The holdout {holdout} leaves no frame to test on. Label more frames, or hold out more.",
            labelled=train,
            training=train,
            needed=needed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A request with all that it leaves open decided."""

    name: str
    holdout: str
    config: dict[str, Any]
    parent: PoseModel | None


def _chosen(project: Project, request: TrainingRequest) -> _Chosen:
    """Decide, and refuse what cannot be trained; how labels fall to a training that goes on is the engine's
    to say, frame by frame."""
    config: dict[str, Any] = {"seed": request.seed}
    if request.minutes is not None:
        config["minutes"] = request.minutes
    counts = labelled_frame_counts(project=project)
    if request.start_from is not None:
        start = start_model(project=project, model_id=request.start_from)
        check_same_network(
            start=start, family=request.family, members=request.members, backbone=request.backbone
        )
        check_nothing_beside(context_frames=request.context_frames, unlabelled=request.unlabelled)
        config = carried_config(start=start, chosen=config, preset=request.preset)
        holdout = kept_holdout(start=start, holdout=request.holdout)
        _check_amount(counts, "none", 1)
        return _Chosen(name=request.name, holdout=holdout, config=config, parent=start)
    family = request.family or default_family(project)
    check_network(project=project, family=family, members=request.members, backbone=request.backbone)
    holdout = request.holdout or "last:0.2"
    _check_amount(counts, holdout, request.members)
    config |= {"preset": request.preset or "default", "family": family}
    if request.members > 1:
        config["members"] = request.members
    if request.backbone != AUTO:
        config["backbone"] = request.backbone
    config |= beside_labels(
        project=project,
        family=family,
        members=request.members,
        context_frames=request.context_frames,
        unlabelled=request.unlabelled,
        held_out=_videos_of(holdout) if holdout.startswith("videos:") else (),
    )
    return _Chosen(name=request.name, holdout=holdout, config=config, parent=None)


def _model_row(project: Project, chosen: _Chosen, *, by: User) -> PoseModel:
    name = " ".join(chosen.name.split()) or _next_name(project)
    if len(name) > 200:
        raise BadTraining("A model's name has at most 200 characters.")
    snapshot = snapshot_create(project=project, by=by)
    try:
        with transaction.atomic():
            return PoseModel.objects.create(
                project=project,
                name=name,
                snapshot=snapshot,
                skeleton=project.skeleton,
                preset=chosen.config["preset"],
                holdout=chosen.holdout,
                config=chosen.config,
                parent=chosen.parent,
                card={VIDEO_IDS: video_ids_by_name(project=project)},
            )
    except IntegrityError as error:
        raise ModelNameTaken(
            f"This project already has a model named {name!r}. Choose another name."
        ) from error


def _next_name(project: Project) -> str:
    taken = set(project.pose_models.values_list("name", flat=True))
    return next(name for n in range(1, len(taken) + 2) if (name := f"model {n}") not in taken)


def _worst(ids: Mapping[str, int], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Worst frames, and those of each keypoint, of the test set or else of the validation set."""
    source = metrics.get("test") or metrics.get("validation") or {}
    return {
        "worst": _by_video_id(source.get("worst", []), ids),
        "worst_by_keypoint": {
            name: _by_video_id(rows, ids) for name, rows in source.get("worst_by_keypoint", {}).items()
        },
    }


def _suspects(ids: Mapping[str, int], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Held-out labels that look wrong to the model, where it was asked."""
    found = metrics.get("suspects")
    return {} if found is None else {"suspects": {**found, "labels": _by_video_id(found["labels"], ids)}}


def _by_video_id(rows: Iterable[Mapping[str, Any]], ids: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows with `video_id` and `frame_index` for `video` and `index`; those of other videos are left out."""
    return [
        {"video_id": ids[row["video"]], "frame_index": row["index"]}
        | {name: value for name, value in row.items() if name not in {"video", "index"}}
        for row in rows
        if row["video"] in ids
    ]
