"""The recordings of the demo rig: four cameras on one mouse, and on two that look different.

Rendering them takes minutes, so a job does it while the studio runs (`workers.demos`). What is slow lies on
disk before the first row is written, and all rows are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbea_engine.progress import OnProgress, Progress, ignore
from workers.rendering import rendered

if TYPE_CHECKING:
    from sbea_engine.data import LabelSet, Skeleton
    from webapp.accounts.models import User
    from webapp.projects.models import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTake:
    """One recording: how it is rendered, and what is given with it.

    Attributes:
        name: Of the recording.
        recipe: As `load_recipe` reads it.
        labels: Labelled frames a view, kept aside until somebody asks for them.
        suggested: Moments worth labelling, each suggested in every view that shows it.
    """

    name: str
    recipe: str
    cameras: int = 4
    seconds: float = 8.0
    seed: int = 7
    labels: int = 60
    suggested: int = 4

    @property
    def folder_name(self) -> str:
        """Another rendering has another folder."""
        return f"demo-{Path(self.recipe).stem}-{self.cameras}x{self.seconds:g}s-{self.seed}"


TAKES = (
    DemoTake(name="one mouse", recipe="rig-one"),
    DemoTake(name="two mice", recipe="rig-two"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedTake:
    """A take on disk; `suggestions` are `(frame_index, method, score)` by view."""

    take: DemoTake
    folder: Path
    labels: LabelSet
    suggestions: Mapping[str, Sequence[tuple[int, str, float]]]


def demo_rig_ensure(*, by: User, takes: Sequence[DemoTake] = TAKES) -> Project:
    """The project of the rig, with its recordings rendered or on their way."""
    from webapp.projects.demo import demo_rig_start

    return demo_rig_start(skeleton=_skeleton(takes), takes=[asdict(take) for take in takes], by=by)


def takes_of(params: Mapping[str, Any]) -> list[DemoTake]:
    """What a job of kind `demo.render` was asked for."""
    return [DemoTake(**take) for take in params["takes"]]


def render_takes(takes: Sequence[DemoTake], on_progress: OnProgress = ignore) -> list[RenderedTake]:
    """Render what is not on disk yet; raises whatever `on_progress` raises, and keeps what is whole."""
    made = []
    for number, take in enumerate(takes, 1):

        def report(progress: Progress, words: str = f"{take.name} ({number} of {len(takes)})") -> None:
            on_progress(replace(progress, stage=f"{progress.stage}: {words}"))

        made.append(_render(take, report))
    return made


def store_takes(project: Project, made: Sequence[RenderedTake], *, by: User) -> list[int]:
    """Give the project its recordings, calibration, suggestions and animals, all or none; returns their ids.

    A take that the project has already is not given twice.
    """
    from django.db import transaction

    from webapp.annotation.demo import demo_labels_keep
    from webapp.projects.services import animals_ensure

    with transaction.atomic():
        demo_labels_keep(project=project, takes=[row.labels for row in made])
        animals = max(len(row.labels.individuals) for row in made)
        animals_ensure(project=project, count=animals, by=by)
        return [_store(project, row, by=by) for row in made]


def _skeleton(takes: Sequence[DemoTake]) -> Skeleton:
    from sbea_engine.synth import load_recipe
    from sbea_engine.synth.recipe import BODIES

    return BODIES[load_recipe(takes[0].recipe).animals[0].body].skeleton


def _render(take: DemoTake, on_progress: OnProgress) -> RenderedTake:
    from sbea_engine.video.suggest import suggest_frames
    from webapp.recordings import storage

    folder = storage.media_folder("originals", take.folder_name)
    labels = rendered(
        folder,
        recipe=take.recipe,
        cameras=take.cameras,
        seconds=take.seconds,
        seed=take.seed,
        labels=take.labels,
        on_progress=on_progress,
    )
    first = labels.frames[0]
    found = suggest_frames(first.path, take.suggested, seed=take.seed, on_progress=on_progress)
    moments = [(row.index, row.method, row.score) for row in found]
    return RenderedTake(
        take=take, folder=folder, labels=labels, suggestions=_in_every_view(folder, first.video, moments)
    )


def _in_every_view(
    folder: Path, first: str, moments: Sequence[tuple[int, str, float]]
) -> dict[str, list[tuple[int, str, float]]]:
    """Suggested frames of one view, carried to all views that show the same tick."""
    from sbea_engine.data.sync import MISSING
    from sbea_engine.synth import load_truth

    table = load_truth(folder).sync
    tick_of = {int(frame): tick for tick, frame in enumerate(table.frames_of(first)) if frame != MISSING}
    shown = {view: table.frames_of(view) for view in table.views}
    return {
        view: [
            (int(frames[tick_of[index]]), method, score)
            for index, method, score in moments
            if frames[tick_of[index]] != MISSING
        ]
        for view, frames in shown.items()
    }


def _store(project: Project, row: RenderedTake, *, by: User) -> int:
    from webapp.annotation.services import suggestions_add
    from webapp.recordings import storage
    from webapp.recordings.names import free_name
    from webapp.recordings.rendered_registration import recording_adopt_rendered

    inside = f"{storage.stored_name(row.folder)}/"
    there = project.recordings.filter(videos__source_path__startswith=inside).first()
    if there is not None:
        return there.pk
    name = free_name(row.take.name, project.recordings.values_list("name", flat=True))
    recording = recording_adopt_rendered(project=project, folder=row.folder, name=name, by=by).recording
    for video in recording.videos.all():
        suggestions_add(video=video, found=row.suggestions[video.view])
    return recording.pk
