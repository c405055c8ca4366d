"""The families of pose models that a user can choose.

How to add one (docs/how-to/add-a-pose-family.md):
1. Another network in `PoseEstimator`: a line in `networks.py`. Or an estimator with the methods of
   `PoseModel` (fit, predict, predict_sources, predict_stream, save, load), model, losses and estimator in
   files of their own.
2. Add a line to `FAMILIES` and one to `FAMILY_FACTS` (`families.py`); the name goes into model cards, so it
   never changes.
3. `tests/sbea_engine/pose/test_contract.py` runs over all families: make it pass, with the `tiny` preset.
4. Say in `docs/science/pose-families.md` what it does, its source, and what was measured.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self, get_args

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton
from sbea_engine.nn.card import CARD_FILE, BadModel, ModelCard
from sbea_engine.nn.onnx_session import require_onnx
from sbea_engine.nn.runtime import Runtime
from sbea_engine.pose.answers import Answer
from sbea_engine.pose.bottom_up.estimator import BottomUpEstimator
from sbea_engine.pose.card import STAGE
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.estimator import PoseEstimator
from sbea_engine.pose.frames import Image
from sbea_engine.pose.two_stage_estimator import TwoStageEstimator
from sbea_engine.pose.warm_start import WarmStart
from sbea_engine.progress import OnProgress, ignore
from sbea_engine.video.reader import FrameReader


class PoseModel(Protocol):
    """What every family can do; `PoseEstimator` documents each.

    Attributes:
        tells_individuals_apart: The individual axis of its answers is that of the labels. Where it is not,
            answers are put in the order of the labels before they are compared (`matching.py`).
        looks_into_boxes: Whether `predict_in_boxes` can be asked for.
    """

    tells_individuals_apart: bool
    looks_into_boxes: bool

    config: PoseConfig
    skeleton_: Skeleton
    individuals_: tuple[str, ...]
    card_: ModelCard

    def __init__(self, config: PoseConfig) -> None: ...
    @property
    def provenance(self) -> dict[str, Any]: ...
    def fit(
        self,
        labels: LabelSet,
        *,
        start: WarmStart | None = None,
        checkpoint: Path | None = None,
        on_progress: OnProgress = ignore,
    ) -> Self: ...
    def predict(
        self,
        source: Path | FrameReader,
        frames: Sequence[int] | None = None,
        *,
        on_progress: OnProgress = ignore,
    ) -> Poses: ...
    def predict_sources(
        self, sources: Sequence[FrameSource], *, on_progress: OnProgress = ignore
    ) -> Answer: ...
    def predict_stream(self, images: Iterator[Image]) -> Generator[Answer]: ...
    def predict_film(self, images: Iterator[Image]) -> Generator[Answer]: ...
    def predict_in_boxes(
        self, images: Iterator[Image], edges_px: Iterator[NDArray[np.float32]]
    ) -> Generator[Answer]: ...
    def answer_through_onnx(self) -> None: ...
    def save(self, folder: Path) -> ModelCard: ...
    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None, device: str = "auto") -> Self: ...


FAMILIES: Mapping[str, type[PoseModel]] = {
    "two_stage": TwoStageEstimator,
    "deeplabcut": PoseEstimator,
    "heatmap_unet": PoseEstimator,
    "pose_machine": PoseEstimator,
    "pyramid": PoseEstimator,
    "bottom_up": BottomUpEstimator,
}


def create(config: PoseConfig) -> PoseModel:
    """An untrained estimator of the family that the config names, or an ensemble of them; raises
    `BadPoseConfig` if unknown."""
    family = _family(config.family)
    if config.members > 1:
        if not family.tells_individuals_apart:
            raise BadPoseConfig(
                f"The family {config.family} does not tell individuals apart, so that several networks of it "
                f"cannot answer together. Train it with one member."
            )
        from sbea_engine.pose.ensemble import PoseEnsemble  # makes its members here

        return PoseEnsemble(config)
    return family(config)


def load(
    folder: Path, *, threads: int | None = None, device: str = "auto", runtime: Runtime = "torch"
) -> PoseModel:
    """A trained estimator from its folder, of whichever family.

    Args:
        threads, device: See `NetworkEstimator.load`.
        runtime: What computes its answers; `onnx` is for the processor, in fp32.

    Raises:
        BadModel: See `NetworkEstimator.load`.
        BadPoseConfig: There is no such runtime.
        OnnxMissing, CannotExport: See `NetworkEstimator.answer_through_onnx`.
    """
    if runtime not in get_args(Runtime):
        raise BadPoseConfig(f"Unknown runtime {runtime!r}; known: {', '.join(get_args(Runtime))}.")
    if runtime == "torch":
        return _load(folder, threads=threads, device=device)
    require_onnx()  # before weights are read
    model = _load(folder, threads=threads, device="cpu" if device == "auto" else device)
    model.answer_through_onnx()
    return model


def _load(folder: Path, *, threads: int | None, device: str) -> PoseModel:
    card = ModelCard.read(folder, stage=STAGE)
    if "recalibration" in card.stage_facts:
        from sbea_engine.pose.recalibration import RecalibratedPose  # reads its model here

        return RecalibratedPose.load(folder, threads=threads, device=device)
    return load_family(card, folder, threads=threads, device=device)


def load_family(
    card: ModelCard, folder: Path, *, threads: int | None = None, device: str = "auto"
) -> PoseModel:
    """The estimator that wrote the folder, or the ensemble of several, with its own confidence; raises
    `BadModel`."""
    if card.family not in FAMILIES:
        raise BadModel(
            f"{folder / CARD_FILE}: unknown family of pose models {card.family!r:.80}; known: "
            f"{', '.join(FAMILIES)}. Take the version of SBeA Studio that wrote it."
        )
    if card.config.get("members", 1) != 1:
        from sbea_engine.pose.ensemble import PoseEnsemble  # reads its members here

        return PoseEnsemble.load(folder, threads=threads, device=device)
    return FAMILIES[card.family].load(folder, threads=threads, device=device)


def _family(name: str) -> type[PoseModel]:
    if name not in FAMILIES:
        raise BadPoseConfig(f"Unknown family of pose models {name!r}; known: {', '.join(FAMILIES)}.")
    return FAMILIES[name]
