"""What to label next: models, labels and videos in, a batch of frames with predictions and reasons out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Poses, Skeleton
from sbea_engine.errors import BadInput
from sbea_engine.io.poses_store import write_poses
from sbea_engine.pipelines.gather_evidence import Gatherer, Triangulated, of_individuals
from sbea_engine.pose.choosing import METHODS, BadEvidence, Chosen, choose
from sbea_engine.pose.choosing.choose import COMBINED
from sbea_engine.pose.factory import PoseModel, load
from sbea_engine.progress import OnProgress, ignore


class SuggestionsExist(BadInput):
    """The folder for predictions on the chosen frames holds something already."""

    code = "suggestions_exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosingConfig:
    """How frames are chosen.

    Attributes:
        count: How many.
        method: See `sbea_engine.pose.choosing.METHODS`.
        seed: Of methods that draw by chance.
        candidates: Frames that are looked at, over all videos. A processor runs a model over 600 in half a
            minute.
        threads: Of torch; None is one less than there are cores.
    """

    count: int
    method: str = COMBINED
    seed: int = 0
    candidates: int = 600
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadInput(f"method must be one of {', '.join(METHODS)}; got {self.method!r}.")
        if self.count < 1:
            raise BadInput(f"count must be 1 or more; got {self.count}.")
        if self.candidates < self.count:
            raise BadInput(
                f"{self.count} frames cannot be chosen among {self.candidates}. Look at more frames."
            )
        if self.seed < 0:
            raise BadInput(f"seed must not be negative; got {self.seed}.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuggestedFrame:
    """A frame that is worth labelling, with what the model says of it.

    Attributes:
        video: As it was given.
        chosen: Index, score and reasons.
        points_px: float32 (individual, keypoint, 2), the first model's prediction, to begin labelling from.
        confidence: float32 (individual, keypoint).
    """

    video: Path
    chosen: Chosen
    points_px: NDArray[np.float32]
    confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suggestions:
    """A batch, the most valuable frame first.

    Attributes:
        skeleton, individuals: Names of the axes of the predictions.
        looked_at: How many frames were candidates.
        provenance: What identifies the model that predicted.
    """

    skeleton: Skeleton
    individuals: tuple[str, ...]
    frames: tuple[SuggestedFrame, ...]
    looked_at: int
    provenance: dict[str, Any]


def suggest_to_label(
    models: Sequence[Path],
    labels: LabelSet,
    videos: Sequence[Path],
    config: ChoosingConfig,
    *,
    stores: Sequence[Path] = (),
    triangulated: Triangulated | None = None,
    on_progress: OnProgress = ignore,
) -> Suggestions:
    """Choose frames of videos that are worth labelling next.

    Args:
        models: Folders of trained models; with two or more, their disagreement counts too, as does that of
            the members of a single ensemble. The first one's predictions are handed back.
        labels: What is labelled so far; its frames are not suggested again. Its images must be readable.
            Individuals go by their names only where the first model tells them apart.
        videos: Where to look. A video belongs to the labels whose file it is, else to those of its name.
        stores: Poses that all these models already predicted for some of these videos, in any order; each is
            known by the video and the weights that it was made with. They also tell of jumps.
        triangulated: 3D poses of the videos, which tell how far the views disagree.

    Raises:
        BadInput: Something is missing, or does not fit the models.
        BadModel: A model cannot be read.
        BadVideo: A video cannot be read.
        Cancelled: From `on_progress`.
    """
    if not models or not videos:
        raise BadInput("Give at least one model and one video.")
    loaded = [load(folder, threads=config.threads) for folder in models]
    _require_alike(loaded, models)
    skeleton, individuals = loaded[0].skeleton_, loaded[0].individuals_
    known = of_individuals(labels, skeleton, individuals, told_apart=loaded[0].tells_individuals_apart)
    gatherer = Gatherer(loaded, videos, known, stores=stores, triangulated=triangulated)
    evidence = gatherer.gather(config.candidates, on_progress=on_progress)
    found = choose(evidence, config.count, method=config.method, seed=config.seed)
    return Suggestions(
        skeleton=skeleton,
        individuals=individuals,
        frames=tuple(
            SuggestedFrame(
                video=videos[one.evidence],
                chosen=one,
                points_px=evidence[one.evidence].poses.points_px[one.row],
                confidence=evidence[one.evidence].poses.confidence[one.row],
            )
            for one in found
        ),
        looked_at=sum(len(one.rows) for one in evidence),
        provenance=loaded[0].provenance,
    )


def require_empty(folder: Path) -> None:
    """Raise `SuggestionsExist` where predictions would lie among other things; ask before computing any."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SuggestionsExist(f"{folder}: is there already and not written over. Choose another folder.")


def write_predictions(found: Suggestions, folder: Path) -> dict[str, Path]:
    """Write the predictions on the chosen frames as a poses store a video, to begin labelling from.

    Returns:
        Stores by the name of the video.

    Raises:
        BadPosesStore: A place holds something else than a store of poses.
    """
    stores = {}
    for number in sorted({frame.chosen.evidence for frame in found.frames}):
        own = sorted(
            (frame for frame in found.frames if frame.chosen.evidence == number),
            key=lambda frame: frame.chosen.index,
        )
        poses = Poses(
            skeleton=found.skeleton,
            individuals=found.individuals,
            frames=np.array([frame.chosen.index for frame in own], np.int64),
            points_px=np.stack([frame.points_px for frame in own]),
            confidence=np.stack([frame.confidence for frame in own]),
            provenance={"video": own[0].video.name, "chosen": "to be labelled", **found.provenance},
        )
        name = own[0].chosen.video
        stores[name] = write_poses(poses, folder / f"{number}-{Path(name).name}")
    return stores


def _require_alike(models: Sequence[PoseModel], folders: Sequence[Path]) -> None:
    first = models[0]
    for model, folder in zip(models, folders, strict=True):
        same = model.skeleton_.keypoints == first.skeleton_.keypoints
        by_name = model.tells_individuals_apart and first.tells_individuals_apart
        if not same or (by_name and model.individuals_ != first.individuals_):
            raise BadEvidence(
                f"{folder} finds other keypoints or individuals than {folders[0]}. Only models of the same "
                f"labels can be compared."
            )
