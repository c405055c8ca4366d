"""How the cameras of a calibration fit the views of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sbea_engine.data.camera import CameraGroup
from webapp.recordings.models import Video

Fit = Literal["usable", "unchecked", "no_camera", "wrong_size"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewFit:
    """Whether one view has a camera, and where not, what to do."""

    view: str
    fit: Fit
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Views of a recording against cameras of a calibration.

    Attributes:
        views: One a view, in the recording's order.
        without_view: Cameras for which the recording has no view.
    """

    views: tuple[ViewFit, ...]
    without_view: tuple[str, ...]

    @property
    def usable(self) -> tuple[str, ...]:
        """Views with a camera of their size."""
        return tuple(row.view for row in self.views if row.fit == "usable")


def match_cameras(cameras: CameraGroup, videos: Sequence[Video]) -> Match:
    """Match by name, then by size; whatever fits can be used, whatever does not is named."""
    views = tuple(_fit(cameras, video) for video in videos)
    named = {video.view for video in videos}
    return Match(views=views, without_view=tuple(name for name in cameras.names if name not in named))


def _fit(cameras: CameraGroup, video: Video) -> ViewFit:
    if video.view not in cameras.names:
        problem = f"The calibration has no camera {video.view!r}; it has {', '.join(cameras.names)}."
        return ViewFit(view=video.view, fit="no_camera", problem=problem)
    if video.state != Video.State.READY:
        return ViewFit(view=video.view, fit="unchecked")
    camera = cameras[video.view]
    if (camera.width, camera.height) != (video.width, video.height):
        problem = (
            f"View {video.view!r} has {video.width} x {video.height} pixels; its camera was calibrated at "
            f"{camera.width} x {camera.height}. Calibrate at the size of the videos."
        )
        return ViewFit(view=video.view, fit="wrong_size", problem=problem)
    return ViewFit(view=video.view, fit="usable")
