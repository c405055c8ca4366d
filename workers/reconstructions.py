"""Making 3D poses of a recording from the predictions of its views."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sbea_engine.data import FrameSource
from sbea_engine.data.camera import CameraGroup
from sbea_engine.data.sync import SyncTable
from sbea_engine.errors import BadInput
from sbea_engine.io.poses3d_store import Poses3DStore, open_poses3d
from sbea_engine.pipelines.reconstruct import reconstruct
from sbea_engine.pipelines.reconstruct_figures import evaluate_against_truth, extent_mm
from sbea_engine.progress import Progress
from webapp.api.errors import AppError
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.recordings.originals import owner_of_source
from webapp.recordings.rendered import DESCRIPTION, is_rendered
from webapp.recordings.roots import allowed_path
from webapp.results.models import PoseResult, Reconstruction
from webapp.results.reconstructions.inputs import videos_of
from webapp.results.reconstructions.services import (
    Outcome,
    reconstruction_finish,
    reconstruction_progress,
)
from webapp.training.models import PoseModel
from webapp.training.snapshots import snapshot_load
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run
from workers.told import told

NOTE_PERIOD_S = 1.0


@app.task(name=JobKind.POSE_RECONSTRUCT, acks_late=True)
def reconstruct_poses(job_id: str) -> None:
    """Triangulate into the store that the browser reads; a resumed run goes on after its last chunk."""
    with job_run(job_id) as run:
        rows = Reconstruction.objects.select_related("recording", "calibration", "model__snapshot")
        found = row(rows, run.params["reconstruction_id"], "reconstruction")
        if found.state != Reconstruction.State.READY:
            store = storage.stored_path(found.folder)
            made = reconstruct(
                CameraGroup.from_dict(found.calibration.cameras),
                {entry["view"]: _poses_of(entry["result_id"]) for entry in found.inputs},
                store,
                sync=SyncTable.from_dict(found.sync),
                on_progress=_Notes(run, found),
            )
            outcome = _outcome(run, found, open_poses3d(store), made.warnings)
            reconstruction_finish(reconstruction=found, outcome=outcome)
            run.result["warnings"] = list(outcome.warnings)
        run.result |= {"reconstruction_id": found.pk, "tick_count": found.tick_count}


def _poses_of(result_id: int) -> Path:
    result = row(PoseResult.objects.all(), result_id, "result")
    return storage.stored_path(result.folder)


def _outcome(run: JobRun, found: Reconstruction, done: Poses3DStore, warnings: Sequence[str]) -> Outcome:
    """What is told of complete 3D poses; a truth that does not fit them is a warning, not a failure."""
    truth_error, said = None, list(warnings)
    try:
        folder = _truth_folder(found)
        if folder is not None:
            truth_error = evaluate_against_truth(folder, done, without=_trained_ticks(found))
    except (BadInput, AppError) as error:
        reason = told(str(error), run.job)
        said.append(f"Not compared with the truth of the rendered recording: {reason}")
    return Outcome(
        ticks_done=done.ticks_done,
        individuals=done.individuals,
        warnings=said,
        bounds_mm=extent_mm(done),
        truth_error=truth_error,
    )


def _truth_folder(found: Reconstruction) -> Path | None:
    """The folder of the rendered recording whose videos these are, if its truth lies there.

    It lies under a media root, or the studio rendered it itself; beside uploads none is looked for.
    """
    videos = videos_of(found).values()
    owned = {video.source_owned for video in videos}
    if len(owned) != 1 or any(owner_of_source(video.source_path) for video in videos):
        return None
    rendered_here = owned == {True}
    paths = [video.source_path for video in videos]
    folders = {(storage.stored_path(path) if rendered_here else Path(path)).parent for path in paths}
    if len(folders) != 1:
        return None
    (folder,) = folders
    if not is_rendered(folder / DESCRIPTION) or not (folder / "truth.npz").is_file():
        return None
    return folder if rendered_here else allowed_path(str(folder))


def _trained_ticks(found: Reconstruction) -> set[int]:
    """Ticks at which some view shows a frame that was labelled for the model or one that it went on from.

    Raises:
        BadInput: A video that the model learnt from is none of the project's now, so it may show these ticks;
            or a model that it went on from is gone.
    """
    videos: dict[str, list[int]] = defaultdict(list)
    for pk, path in Video.objects.filter(recording__project=found.project_id).values_list(
        "pk", "source_path"
    ):
        videos[path].append(pk)
    labelled: dict[int, set[int]] = defaultdict(set)
    for source in _learned(found.model):
        same = next((videos[name] for name in _names(source.path) if name in videos), None)
        if same is None:
            raise BadInput(
                f"The model learnt from {source.video!r}, which is no video of this project now. So nobody "
                "can tell which moments it has seen."
            )
        for pk in same:
            labelled[pk].add(source.index)
    sync = SyncTable.from_dict(found.sync)
    ticks: set[int] = set()
    for view, video in videos_of(found).items():
        known = np.isin(sync.frames_of(view), list(labelled[video.pk]))
        ticks |= set(np.flatnonzero(known).tolist())
    return ticks


def _learned(model: PoseModel) -> Iterator[FrameSource]:
    """Frames that were labelled for a model, and for all that it went on from."""
    while True:
        yield from snapshot_load(snapshot=model.snapshot).frames
        if model.parent is None:
            break
        model = model.parent
    if "start_from" in model.config:
        raise BadInput(
            f"{model.name} went on from a model that was deleted. So nobody can tell which moments it has "
            f"seen."
        )


def _names(path: Path) -> Iterator[str]:
    """What a video may be called in the database whose pixels lay there when the labels were frozen.

    A file under the data root is known by its place in it, wherever the root was then. Of a folder of images
    the snapshot names the image.
    """
    owned = f"{storage.stored_name(storage.media_folder('originals'))}/"
    for place in (path, path.parent):
        yield str(place)
        _, inside, name = place.as_posix().rpartition(f"/{owned}")
        if inside:
            yield f"{owned}{name}"


class _Notes:
    """Notes now and then how many ticks can be looked at, and reports progress after that.

    In this order, because whoever hears of the progress reads the row.
    """

    def __init__(self, run: JobRun, found: Reconstruction) -> None:
        self._run = run
        self._found = found
        self._noted_s = float("-inf")
        self._ticks_done = -1

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._noted_s >= NOTE_PERIOD_S:
            self._noted_s = time.monotonic()
            self._note()
        self._run.report(progress)

    def _note(self) -> None:
        folder = storage.stored_path(self._found.folder)
        if not (folder / "progress.json").exists():
            return
        store = open_poses3d(folder)
        if store.ticks_done != self._ticks_done:
            self._ticks_done = store.ticks_done
            reconstruction_progress(
                reconstruction=self._found, ticks_done=self._ticks_done, individuals=store.individuals
            )
