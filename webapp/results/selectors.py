"""Reads of predictions and exports, limited to what the asker may see."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.projects.models import Project
from webapp.recordings.models import Video
from webapp.results.models import ExportFile, PoseResult


def result_list(
    *, visible_to: User, project: Project | None = None, video: Video | None = None
) -> QuerySet[PoseResult]:
    """Predictions in the projects that the user is a member of, newest first."""
    results = PoseResult.objects.filter(project__memberships__user=visible_to)
    if project is not None:
        results = results.filter(project=project)
    if video is not None:
        results = results.filter(video=video)
    return results.select_related("project", "model__skeleton", "skeleton", "video__recording", "job")


def result_get(*, pk: int, visible_to: User) -> PoseResult:
    """Predictions of one model over one video; raises `NotFound` where they are not the user's to see."""
    result = result_list(visible_to=visible_to).filter(pk=pk).first()
    if result is None:
        raise NotFound("result")
    return result


def export_list(*, visible_to: User, project: Project | None = None) -> QuerySet[ExportFile]:
    """Export files of the projects that the user is a member of, newest first."""
    exports = ExportFile.objects.filter(project__memberships__user=visible_to).select_related(
        "project", "job"
    )
    return exports if project is None else exports.filter(project=project)


def export_get(*, pk: int, visible_to: User) -> ExportFile:
    """One export file; raises `NotFound` where it is not there or not the user's to see."""
    export = export_list(visible_to=visible_to).filter(pk=pk).first()
    if export is None:
        raise NotFound("export")
    return export
