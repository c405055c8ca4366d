"""Training a pose model on a snapshot of labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sbea_engine.pipelines.pose import train_and_evaluate
from sbea_engine.pose.config import PoseConfig
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.training.backbones import PREFIX, lab_backbone
from webapp.training.beside_labels import unlabelled_paths
from webapp.training.models import PoseModel
from webapp.training.services import pose_model_store
from webapp.training.snapshots import snapshot_load
from webapp.training.warm_start import VIDEO_IDS, start_of
from workers.app import app
from workers.rows import row
from workers.run import job_run


@app.task(name=JobKind.POSE_TRAIN, acks_late=True)
def train_pose(job_id: str) -> None:
    """Train in the job's own folder, going on from its checkpoint, then hand the model over."""
    with job_run(job_id) as run:
        models = PoseModel.objects.select_related("project", "snapshot", "parent")
        model = row(models, run.params["model_id"], "model")
        if model.state != PoseModel.State.READY:
            parent = start_of(model)
            trained = train_and_evaluate(
                snapshot_load(snapshot=model.snapshot),
                PoseConfig.from_dict(_for_engine(model)),
                model.holdout,
                run.scratch / "model",
                start=None if parent is None else storage.stored_path(parent.folder),
                start_name=None if parent is None else parent.name,
                checkpoint=run.checkpoint,
                on_progress=run.report,
            )
            card = _for_people(asdict(trained.card), model)
            pose_model_store(model=model, folder=trained.folder, card=card, metrics=trained.metrics)
        run.result = {"model_id": model.pk, "test": _short(model.metrics.get("test"))}


def _for_engine(model: PoseModel) -> dict[str, Any]:
    """The settings, with where the backbone and the videos that they name lie on this machine."""
    config = dict(model.config)
    if model.backbone.startswith(PREFIX):
        config["backbone"] = lab_backbone(model.backbone).source
    if model.unlabelled:
        meant = model.card.get(VIDEO_IDS, {})
        paths = unlabelled_paths(project=model.project, names=model.unlabelled, meant=meant)
        config["consistency"] = {**config["consistency"], "videos": [str(path) for path in paths.values()]}
    return config


def _for_people(card: dict[str, Any], model: PoseModel) -> dict[str, Any]:
    """The card with backbone and videos by the names that people know; paths are the server's business."""
    if model.backbone.startswith(PREFIX):
        card = _replaced(card, card["config"].get("backbone", ""), model.backbone)
    if model.unlabelled:
        card = {**card, "config": {**card["config"], "consistency": model.config["consistency"]}}
        told = card["training"]["consistency"]
        known = zip(told["videos"], model.unlabelled, strict=True)
        videos = [{**facts, "name": name} for facts, name in known]
        card["training"] = {**card["training"], "consistency": {**told, "videos": videos}}
    return card


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(each, old, new) for name, each in value.items()}
    return new if value == old else value


def _short(figures: dict[str, object] | None) -> dict[str, object] | None:
    """The figures that fit in a line."""
    return (
        None
        if figures is None
        else {name: figures.get(name) for name in ("n", "mean_px", "median_px", "pck5")}
    )
