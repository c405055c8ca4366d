"""The one next step that helps most, from what the project has."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from webapp.accounts.capabilities import Capability
from webapp.jobs.models import ACTIVE_STATES, Job, JobState
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.projects.selectors import ProjectCounts
from webapp.recordings.models import Recording, Video
from webapp.results.models import PoseResult, Reconstruction
from webapp.training.models import PoseModel

# Below this a training run is possible but says little.
ENOUGH_FRAMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """A stable code, a line for a person, why, and where to do it."""

    code: str
    title: str
    detail: str
    url: str


def next_step(*, project: Project, counts: ProjectCounts, allowed: frozenset[Capability]) -> NextStep:
    """What a member with these capabilities should do now."""
    base = f"/projects/{project.slug}/"
    videos = Video.objects.filter(recording__project=project)
    if not videos.exists() and _is_running(project, JobKind.DEMO_RENDER):
        return NextStep(
            code="wait_for_demo",
            title="Watch the rendering",
            detail="The demo recording is being made, camera by camera; that takes a minute or two, once.",
            url=f"{base}jobs/",
        )
    if not videos.filter(state=Video.State.READY).exists():
        return _first_recording(base, allowed, waiting=videos.exclude(state=Video.State.FAILED).exists())
    if _is_running(project, JobKind.POSE_TRAIN):
        return NextStep(
            code="watch_training",
            title="Watch the training",
            detail="A model is learning now; its error falls as you look.",
            url=f"{base}models/",
        )
    ready = PoseModel.objects.filter(project=project, state=PoseModel.State.READY)
    resting = Job.objects.filter(project=project, kind=JobKind.POSE_TRAIN, state=JobState.PAUSED)
    if not ready.exists() and Capability.TRAIN in allowed and resting.exists():
        return NextStep(
            code="resume_training",
            title="Resume the training",
            detail="It is paused, and goes on from where it stopped.",
            url=f"{base}models/",
        )
    if not ready.exists():
        return _towards_first_model(base, counts, allowed)
    return _after_first_model(project, base, allowed)


def _after_first_model(project: Project, base: str, allowed: frozenset[Capability]) -> NextStep:
    results = PoseResult.objects.filter(project=project, state=PoseResult.State.READY)
    if Capability.TRAIN in allowed and _can_reconstruct_first(project, results):
        return NextStep(
            code="reconstruct",
            title="Reconstruct in 3D",
            detail="Several views of one recording have predictions, and its cameras are calibrated.",
            url=f"{base}results/",
        )
    if results.exists():
        return NextStep(
            code="check_results",
            title="Look through the predictions",
            detail="See where they are doubtful, ask the model what to label next, and train again.",
            url=f"{base}results/",
        )
    if Capability.TRAIN in allowed:
        return _first_prediction(project, base)
    return NextStep(
        code="see_models",
        title="Look at the model",
        detail="A trained model is ready; a manager can run it over the videos.",
        url=f"{base}models/",
    )


def _first_prediction(project: Project, base: str) -> NextStep:
    several = Recording.objects.filter(project=project, calibration__isnull=False)
    if several.alias(views=Count("videos")).filter(views__gte=2).exists():
        return NextStep(
            code="predict",
            title="Predict all views",
            detail="A trained model is ready. Run it over all views of a recording; 3D follows from those.",
            url=f"{base}results/",
        )
    return NextStep(
        code="predict",
        title="Run your model over a video",
        detail="A trained model is ready, and no video has predictions yet.",
        url=f"{base}models/",
    )


def _can_reconstruct_first(project: Project, results: QuerySet[PoseResult]) -> bool:
    """Whether 2D poses wait to become the project's first 3D poses."""
    if Reconstruction.objects.filter(project=project).exists():
        return False
    own = results.filter(model__isnull=False)  # those that were brought in are of no model
    calibrated = own.filter(video__recording__calibration__isnull=False).order_by()
    rigs = calibrated.values("video__recording", "model").annotate(views=Count("video", distinct=True))
    return rigs.filter(views__gte=2).exists()


def _first_recording(base: str, allowed: frozenset[Capability], *, waiting: bool) -> NextStep:
    if waiting:
        return NextStep(
            code="wait_for_ingest",
            title="Wait for the first video",
            detail="Its frames are being counted and prepared for the browser.",
            url=f"{base}recordings/",
        )
    detail = "Register a folder of the server, upload a video, or import a project of another tool."
    if Capability.MANAGE_DATA not in allowed:
        detail = "A manager of the project has to add one before there is anything to label."
    return NextStep(code="add_recording", title="Add a recording", detail=detail, url=f"{base}recordings/")


def _towards_first_model(base: str, counts: ProjectCounts, allowed: frozenset[Capability]) -> NextStep:
    enough = counts.labelled_frames >= ENOUGH_FRAMES
    if enough and Capability.TRAIN in allowed:
        return NextStep(
            code="train",
            title="Train your first model",
            detail=f"{counts.labelled_frames} labelled frames are enough to start.",
            url=f"{base}models/",
        )
    if Capability.LABEL not in allowed:
        return NextStep(
            code="watch_labels",
            title="Look at the labels",
            detail=f"{counts.labelled_frames} frames are labelled so far.",
            url=f"{base}recordings/",
        )
    missing = max(0, ENOUGH_FRAMES - counts.labelled_frames)
    detail = f"{missing} more frames make a first training worthwhile." if missing else "More frames help."
    return NextStep(code="label", title="Label frames", detail=detail, url=f"{base}label/")


def _is_running(project: Project, kind: JobKind) -> bool:
    return Job.objects.filter(project=project, kind=kind, state__in=ACTIVE_STATES).exists()
