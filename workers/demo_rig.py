"""The demo rigs: four cameras on one mouse, and on two that look different.

Rendering them takes minutes, so jobs do it while the studio runs (`workers.demos`). What is slow lies on disk
before the first row is written, and all rows are written in one transaction. Each has a project of its own:
a model learns the animals of its project, and learns one mouse faster than two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbea_engine.progress import OnProgress, ignore
from webapp.projects.demo_names import ONE_MOUSE, TWO_MICE
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

    @property
    def rig_name(self) -> str:
        """Of the calibration: every recording with these cameras uses it, whatever is seen there."""
        return f"rig of {self.cameras} cameras"


TAKES = {
    ONE_MOUSE: DemoTake(name="one mouse", recipe="rig-one"),
    TWO_MICE: DemoTake(name="two mice", recipe="rig-two"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedTake:
    """A take on disk; `suggestions` are `(frame_index, method, score)` by view."""

    take: DemoTake
    folder: Path
    labels: LabelSet
    suggestions: Mapping[str, Sequence[tuple[int, str, float]]]


def demo_rig_ensure(*, by: User, name: str, take: DemoTake) -> Project:
    """The project of a rig, with its recording rendered or on its way."""
    from webapp.projects.demo import demo_rig_start

    return demo_rig_start(name=name, skeleton=_skeleton(take), take=asdict(take), by=by)


def take_of(params: Mapping[str, Any]) -> DemoTake:
    """What a job of kind `demo.render` was asked for."""
    return DemoTake(**params["take"])


def render_take(take: DemoTake, on_progress: OnProgress = ignore) -> RenderedTake:
    """Render what is not on disk yet; raises whatever `on_progress` raises, and leaves nothing half done."""
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


def store_take(project: Project, made: RenderedTake, *, by: User) -> int:
    """Give the project its recording, calibration, suggestions and animals, all or none; returns its id.

    A take that the project has already is not given twice.
    """
    from django.db import transaction

    from webapp.annotation.demo import demo_labels_folder
    from webapp.annotation.services import Suggestion, suggestions_add
    from webapp.projects.services import animals_ensure
    from webapp.recordings import storage
    from webapp.recordings.names import free_name
    from webapp.recordings.rendered_registration import recording_adopt_rendered

    inside = f"{storage.stored_name(made.folder)}/"
    there = project.recordings.filter(videos__source_path__startswith=inside).first()
    if there is not None:
        return there.pk
    with transaction.atomic():
        made.labels.save(demo_labels_folder(project))
        animals_ensure(project=project, count=len(made.labels.individuals), by=by)
        name = free_name(made.take.name, project.recordings.values_list("name", flat=True))
        adopted = recording_adopt_rendered(
            project=project, folder=made.folder, name=name, rig=made.take.rig_name, by=by
        )
        for video in adopted.recording.videos.all():
            of_view = made.suggestions[video.view]
            found = [Suggestion(frame_index=i, method=m, score=s) for i, m, s in of_view]
            suggestions_add(video=video, found=found)
    return adopted.recording.pk


def _skeleton(take: DemoTake) -> Skeleton:
    from sbea_engine.synth import load_recipe
    from sbea_engine.synth.recipe import BODIES

    return BODIES[load_recipe(take.recipe).animals[0].body].skeleton


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
