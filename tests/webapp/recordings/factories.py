"""Videos that are ready, as ingest makes them, and paths around them."""

from __future__ import annotations

import shutil
import tempfile
from itertools import count
from pathlib import Path

from sbea_engine.video import make_proxy
from tests.fixtures.barcode import write_barcode_video
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.ingest import describe_proxy
from webapp.recordings.models import Recording, Video
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


def empty_folder(path: Path) -> Path:
    """`path`, made anew."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
