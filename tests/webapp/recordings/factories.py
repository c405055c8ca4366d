"""Videos that are ready, as ingest makes them, and paths around them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import numpy as np

from sbea_engine.data.camera import Camera, CameraGroup
from sbea_engine.video import make_proxy
from tests.fixtures.barcode import write_barcode_video
from tests.webapp.factories import make_user
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.calibrations import calibration_create
from webapp.recordings.ingest import describe_proxy
from webapp.recordings.models import Calibration, Recording, Video
from webapp.recordings.services import video_store_ready

WIDTH, HEIGHT = 192, 112
_numbers = count(1)


def make_video(project: Project, *, frames: int = 30, name: str = "") -> Video:
    """A video of barcode frames whose source lies under the data root, ready for the browser."""
    home = storage.media_folder("originals")
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=home))
    source = write_barcode_video(folder / "source.mp4", frames, width=WIDTH, height=HEIGHT)
    recording = Recording.objects.create(project=project, name=name or f"take {next(_numbers)}")
    video = Video.objects.create(
        recording=recording, source_path=storage.stored_name(source), source_owned=True
    )
    make_proxy(source, folder / "proxy")
    video_store_ready(video=video, ingested=describe_proxy(folder / "proxy"))
    return video


def pretend_video(project: Project, *, frames: int = 100, name: str = "") -> Video:
    """A row that says ready, for tests that never look at pixels."""
    recording = Recording.objects.create(project=project, name=name or f"take {next(_numbers)}")
    return Video.objects.create(
        recording=recording,
        source_path="media/originals/none.mp4",
        source_owned=True,
        state=Video.State.READY,
        frame_count=frames,
        width=WIDTH,
        height=HEIGHT,
        proxy_version="0123abcd",
    )


def pretend_recording(project: Project, views: Mapping[str, int], *, name: str = "") -> Recording:
    """A recording whose views say ready, each with this many frames; 0 for one that is still waiting."""
    recording = Recording.objects.create(project=project, name=name or f"take {next(_numbers)}")
    for place, (view, frames) in enumerate(views.items()):
        Video.objects.create(
            recording=recording,
            view=view,
            place=place,
            source_path=f"media/originals/{view}.mp4",
            source_owned=True,
            state=Video.State.READY if frames else Video.State.PENDING,
            frame_count=frames,
            width=WIDTH,
            height=HEIGHT,
            proxy_version="0123abcd",
        )
    return recording


def make_rig(*names: str, width: int = WIDTH, height: int = HEIGHT) -> CameraGroup:
    """Cameras side by side, 100 mm apart, that look the same way."""
    return CameraGroup(
        cameras=tuple(
            Camera(
                name=name,
                width=width,
                height=height,
                K=np.array([[200.0, 0, 95.5], [0, 200.0, 55.5], [0, 0, 1]]),
                R=np.eye(3),
                t=np.array([100.0 * place, 0, 500]),
            )
            for place, name in enumerate(names)
        )
    )


def make_calibration(project: Project, *names: str, name: str = "") -> Calibration:
    """A calibration of these cameras, as the owner brought it."""
    return calibration_create(
        project=project,
        name=name or f"rig {next(_numbers)}",
        cameras=make_rig(*(names or ("cam-1",))),
        kind="sbea",
        by=project.created_by or make_user(),
    )


def empty_folder(path: Path) -> Path:
    """`path`, made anew."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
