"""The demo projects: `python -m workers.demo` makes them once and finds them again later.

The recording of one camera is rendered and read here, outside the web process, so that the studio opens
with something to label; those of the rigs are left to jobs (`workers.demo_rig`). What is slow lies on disk
before the first row is written, and all rows are written in one transaction: whoever stops it half way loses
no more than the step that was being made, and never sees half a project.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sbea_engine.errors import EngineError
from sbea_engine.progress import OnProgress, Progress, ignore
from webapp.config.mode import choose_settings
from webapp.projects.demo_names import ONE_CAMERA
from workers.rendering import rendered

if TYPE_CHECKING:
    from sbea_engine.data import LabelSet
    from webapp.accounts.models import User
    from webapp.projects.models import Project

RECORDING_NAME = "open field"
DESCRIPTION = (
    "A rendered recording whose truth is known. Label some frames, train, and see how close you get."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """What the project of one camera is made of; another plan renders into another folder."""

    recipe: str = "solo"
    seconds: float = 20.0
    seed: int = 7
    labels: int = 40
    suggested: int = 12

    @property
    def folder_name(self) -> str:
        return f"demo-{self.recipe}-{self.seconds:g}s-{self.seed}"


def demo_ensure(*, plan: DemoPlan | None = None, on_progress: OnProgress = ignore) -> Project:
    """The project of one camera, made where there is none yet; its owner is the site's administrator."""
    from webapp.projects.demo import demo_find

    return demo_find(ONE_CAMERA) or _make(plan or DemoPlan(), administrator(), on_progress)


def _make(plan: DemoPlan, owner: User, on_progress: OnProgress) -> Project:
    from sbea_engine.video import make_proxy
    from sbea_engine.video.suggest import suggest_frames
    from webapp.recordings import storage

    labels = rendered(
        storage.media_folder("originals", plan.folder_name),
        recipe=plan.recipe,
        cameras=1,
        seconds=plan.seconds,
        seed=plan.seed,
        labels=plan.labels,
        on_progress=on_progress,
    )
    video = labels.frames[0].path
    # Kept until the rows are there: a proxy that is complete is found again and not made twice.
    proxy = storage.data_root() / "jobs" / plan.folder_name
    make_proxy(video, proxy, on_progress=on_progress)
    found = suggest_frames(proxy / "proxy.mp4", plan.suggested, seed=plan.seed, on_progress=on_progress)
    suggestions = [(row.index, row.method, row.score) for row in found]
    return _store(owner, proxy, labels, suggestions)


def _store(owner: User, proxy: Path, labels: LabelSet, suggestions: list[tuple[int, str, float]]) -> Project:
    from django.db import transaction

    from webapp.annotation.demo import demo_labels_folder
    from webapp.annotation.services import Suggestion, suggestions_add
    from webapp.projects.services import project_create
    from webapp.recordings import storage
    from webapp.recordings.ingest import describe_proxy
    from webapp.recordings.models import Recording, Video
    from webapp.recordings.services import video_store_ready

    with transaction.atomic():
        project = project_create(
            name=ONE_CAMERA, skeleton=labels.skeleton, by=owner, description=DESCRIPTION, is_demo=True
        )
        recording = Recording.objects.create(project=project, name=RECORDING_NAME)
        row = Video.objects.create(
            recording=recording,
            view=labels.frames[0].video,
            source_path=storage.stored_name(labels.frames[0].path),
            source_owned=True,
        )
        found = [Suggestion(frame_index=i, method=m, score=s) for i, m, s in suggestions]
        suggestions_add(video=row, found=found)
        sources = tuple(replace(source, video=RECORDING_NAME) for source in labels.frames)
        replace(labels, frames=sources).save(demo_labels_folder(project))
        video_store_ready(video=row, ingested=describe_proxy(proxy))
    return project


def administrator() -> User:
    """Who owns the demo projects: the site's first administrator, made where there is none."""
    from webapp.accounts.links import FIRST_ADMIN_EMAIL
    from webapp.accounts.models import User

    found = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    return found or User.objects.create_superuser(FIRST_ADMIN_EMAIL, name="Administrator")


class _Line:
    """Progress on one line of the terminal, in whole percent."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, progress: Progress) -> None:
        percent = 100 * progress.done // progress.total if progress.total else 0
        text = f"Demo: {progress.stage} {percent} %"
        if text != self._shown and sys.stderr.isatty():
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write("\r" + text.ljust(width)[:width])
        elif progress.stage not in self._shown:
            sys.stderr.write(f"Demo: {progress.stage} ...\n")
        self._shown = text

    def end(self) -> None:
        """Leave the line."""
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\n")


def main() -> None:
    """Make sure that the demo projects are there."""
    choose_settings()
    import django

    django.setup()
    from webapp.api.errors import AppError
    from workers.demo_rig import TAKES, demo_rig_ensure

    line = _Line()
    try:
        project = demo_ensure(on_progress=line)
        by = administrator()
        rigs = [demo_rig_ensure(by=by, name=name, take=take) for name, take in TAKES.items()]
    except (EngineError, AppError) as error:
        line.end()
        sys.exit(f"The demo projects could not be made: {error}")
    line.end()
    sys.stdout.write("".join(f"Demo project: /projects/{made.slug}/\n" for made in [project, *rigs]))


if __name__ == "__main__":
    main()
