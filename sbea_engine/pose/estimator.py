"""The pose estimator: fit on labels, predict on frames, save, load."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton
from sbea_engine.errors import BadInput
from sbea_engine.nn.backbone import best_memory_format
from sbea_engine.nn.card import WEIGHTS_FILE, BadModel, ModelCard, file_sha256
from sbea_engine.nn.prefetch import prefetch
from sbea_engine.nn.runtime import choose_device, compute_threads
from sbea_engine.pose.calibration import Calibration
from sbea_engine.pose.card import STAGE, make_card
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.errors import NotTrained
from sbea_engine.pose.frames import Image, read_frames, reading_order, to_working_image
from sbea_engine.pose.inference import locate_all
from sbea_engine.pose.plan import Size, WorkingPlan, to_source
from sbea_engine.pose.training import build_model, fit_pose
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.reader import FrameReader, open_frames

PREFETCH_FRAMES = 16


class PoseEstimator:
    """Keypoints of each individual, by a small network trained from scratch.

    It has a map of its own for each keypoint of each individual, so it tells individuals apart by how they
    look: by coat, size or a mark. Of animals that look alike it cannot say which is which.

    Learned state: `skeleton_`, `plan_`, `model_`, `calibration_`, `card_`.
    """

    def __init__(self, config: PoseConfig) -> None:
        self.config = config

    def fit(
        self, labels: LabelSet, *, checkpoint: Path | None = None, on_progress: OnProgress = ignore
    ) -> Self:
        """Train on labelled frames.

        Args:
            checkpoint: Folder to keep training state in; training goes on from what is there.
            on_progress: Told of every iteration (stage "train", metrics `loss`, now and then `val_mean_px`).

        Raises:
            TooFewLabels: The labels do not suit.
            BadCheckpoint: The checkpoint is of another run.
            Cancelled: From `on_progress`; the checkpoint can be resumed.
        """
        with compute_threads(self.config.threads) as threads:
            outcome = fit_pose(labels, self.config, checkpoint=checkpoint, on_progress=on_progress)
        self.model_, self.plan_, self.calibration_ = outcome.model, outcome.plan, outcome.calibration
        self.skeleton_, self.individuals_ = labels.skeleton, labels.individuals
        self.validation_ = outcome.validation
        self.card_ = make_card(labels, self.config, outcome, threads)
        return self

    def predict(
        self,
        source: Path | FrameReader,
        frames: Sequence[int] | None = None,
        *,
        on_progress: OnProgress = ignore,
    ) -> Poses:
        """Find the keypoints in frames of a video.

        Args:
            source: A video, a folder of images, one image, or an open reader (which stays open).
            frames: Strictly increasing frame indices; None is all of them.
        """
        if isinstance(source, Path):
            with open_frames(source) as reader:
                return self.predict(reader, frames, on_progress=on_progress)
        self._require_trained()
        indices = range(source.info.frame_count) if frames is None else frames
        images = (pixels for _, pixels in source.iterate()) if frames is None else map(source.read, frames)
        points, confidence = self._collect(images, len(indices), on_progress)
        return Poses(
            skeleton=self.skeleton_,
            individuals=self.individuals_,
            frames=np.asarray(indices, dtype=np.int64),
            points_px=points,
            confidence=confidence,
            provenance={"source": source.path.name, **self.provenance},
        )

    def predict_sources(
        self, sources: Sequence[FrameSource], *, on_progress: OnProgress = ignore
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Find the keypoints in labelled frames, wherever they are; each file is opened once.

        Returns:
            points_px (frame, individual, keypoint, 2) in source pixels, and confidence without the last axis.
        """
        images = (pixels for _, pixels in read_frames(sources))
        found = self._collect(images, len(sources), on_progress)
        rows = np.argsort(np.asarray(reading_order(sources), dtype=np.intp))  # back to the order asked for
        return found[0][rows], found[1][rows]

    def predict_stream(
        self, images: Iterator[Image]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Find the keypoints in a stream of frames (H, W, 3) RGB, some frames at a time, in order.

        Decoding and scaling run in their own thread, ahead of the network.

        Yields:
            points_px (frame, individual, keypoint, 2) in source pixels, and confidence without the last axis.
        """
        self._require_trained()
        plan, colour, sizes = self.plan_, self.config.colour, deque[Size]()

        def scaled() -> Iterator[Image]:
            for rgb in images:
                sizes.append(Size(rgb.shape[1], rgb.shape[0]))
                yield to_working_image(rgb, plan, colour)

        with compute_threads(self.config.threads), prefetch(scaled(), PREFETCH_FRAMES) as ready:
            for found in locate_all(self.model_, ready):
                own = [sizes.popleft() for _ in found.points_px]
                points = [
                    to_source(p, size, plan.working_size(size))
                    for p, size in zip(found.points_px, own, strict=True)
                ]
                shape = (len(points), len(self.individuals_), len(self.skeleton_))
                confidence = self.calibration_.apply(found.confidence_logit)
                yield np.stack(points).reshape(*shape, 2), confidence.reshape(shape)

    def save(self, folder: Path) -> ModelCard:
        """Write `weights.safetensors` and then `card.json` into `folder`, each atomically."""
        self._require_trained()
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f"{WEIGHTS_FILE}.tmp"
        save_file({k: v.cpu().contiguous() for k, v in self.model_.state_dict().items()}, temporary)
        self.card_ = replace(self.card_, weights_sha256=file_sha256(temporary))
        temporary.replace(folder / WEIGHTS_FILE)
        self.card_.write(folder)
        return self.card_

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None, device: str = "auto") -> Self:
        """Read what `save` wrote.

        Args:
            threads, device: Where to compute now; where the model was trained does not matter.

        Raises:
            BadModel: Not a pose model, damaged, or not whole.
            BadPoseConfig: `threads` is no number of threads.
            NoSuchDevice: `device` is not on this machine.
        """
        card = ModelCard.read(folder, stage=STAGE)
        here = PoseConfig(threads=threads, device=device)  # what is wrong with these is not the model's fault
        try:
            config = replace(PoseConfig.from_dict(card.config), threads=here.threads, device=here.device)
            self = cls(config)
            self.skeleton_ = Skeleton.from_dict(card.stage_facts["skeleton"])
            self.individuals_ = tuple(card.stage_facts["individuals"])
            self.plan_ = WorkingPlan(**card.plan)
            self.calibration_ = Calibration(**card.stage_facts["calibration"])
            self.model_ = build_model(self.skeleton_, len(self.individuals_), config)
            self.model_.load_state_dict(load_file(folder / WEIGHTS_FILE))
        except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, BadInput) as error:
            raise BadModel(f"{folder}: this pose model cannot be read ({error}).") from error
        where = choose_device(device)
        self.model_.to(where, memory_format=best_memory_format(where)).eval()  # type: ignore[call-overload]
        self.card_ = card
        return self

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the model in its outputs."""
        return {"stage": STAGE, "family": self.card_.family, "weights_sha256": self.card_.weights_sha256}

    def _collect(
        self, images: Iterator[Image], total: int, on_progress: OnProgress
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self._require_trained()
        shape = (total, len(self.individuals_), len(self.skeleton_))
        points = np.full((*shape, 2), np.nan, dtype=np.float32)
        confidence = np.zeros(shape, dtype=np.float32)
        done = 0
        with closing(self.predict_stream(images)) as stream:
            for some_points, some_confidence in stream:
                rows = slice(done, done + len(some_points))
                points[rows], confidence[rows] = some_points, some_confidence
                done = rows.stop
                on_progress(Progress(stage="predict", done=done, total=total))
        return points, confidence

    def _require_trained(self) -> None:
        if not hasattr(self, "model_"):
            raise NotTrained("This pose estimator has no weights yet: call fit, or PoseEstimator.load.")
