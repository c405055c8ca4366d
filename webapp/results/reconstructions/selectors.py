"""Reads of 3D poses, limited to what the asker may see."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.projects.models import Project
from webapp.recordings.models import Recording
from webapp.results.models import Reconstruction


def reconstruction_list(
    *, visible_to: User, project: Project | None = None, recording: Recording | None = None
) -> QuerySet[Reconstruction]:
    """Reconstructions in the projects that the user is a member of, newest first."""
    found = Reconstruction.objects.filter(project__memberships__user=visible_to)
    if project is not None:
        found = found.filter(project=project)
    if recording is not None:
        found = found.filter(recording=recording)
    rows = found.select_related("project", "recording", "calibration", "model__skeleton", "job")
    return rows.prefetch_related("sources__video", "recording__videos")


def reconstruction_read(*, pk: int, visible_to: User) -> Reconstruction:
    """One reconstruction with what reading its arrays needs and no more: pages do that many times a minute.

    Raises:
        NotFound: It is not there or not the user's to see.
    """
    rows = Reconstruction.objects.filter(project__memberships__user=visible_to)
    found = rows.select_related("model__skeleton").filter(pk=pk).first()
    if found is None:
        raise NotFound("reconstruction")
    return found


def reconstruction_get(*, pk: int, visible_to: User) -> Reconstruction:
    """One reconstruction; raises `NotFound` where it is not there or not the user's to see."""
    found = reconstruction_list(visible_to=visible_to).filter(pk=pk).first()
    if found is None:
        raise NotFound("reconstruction")
    return found
