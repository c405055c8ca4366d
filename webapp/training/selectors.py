"""Reads of models, limited to what the asker may see."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.projects.models import Project
from webapp.recordings.models import Video
from webapp.training.models import PoseModel


def model_list(*, visible_to: User, project: Project | None = None) -> QuerySet[PoseModel]:
    """Models of the projects that the user is a member of, newest first."""
    models = PoseModel.objects.filter(project__memberships__user=visible_to)
    if project is not None:
        models = models.filter(project=project)
    return models.select_related("project", "snapshot", "skeleton", "job")


def model_get(*, pk: int, visible_to: User) -> PoseModel:
    """One model; raises `NotFound` where it is not there or not the user's to see."""
    model = model_list(visible_to=visible_to).filter(pk=pk).first()
    if model is None:
        raise NotFound("model")
    return model


def video_ids_by_name(*, project: Project) -> dict[str, int]:
    """Ids of a project's videos by the name that label sets and metrics use."""
    rows = Video.objects.filter(recording__project=project).values_list("recording__name", "view", "pk")
    return {f"{recording}/{view}": pk for recording, view, pk in rows}
