"""What every pose estimator does with its stream of answers: a video, some labelled frames, their order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, Poses, Skeleton
from sbea_engine.data.boxes import BadBoxes
from sbea_engine.nn.card import ModelCard
from sbea_engine.pose.card import STAGE
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.errors import NotTrained
from sbea_engine.pose.frames import Image, read_frames, reading_order
from sbea_engine.pose.neighbours import between, check_film, is_film, neighbourhood, runs_of
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.reader import FrameReader, open_frames


def cannot_look_into_boxes(family: str) -> BadBoxes:
    """What is said of a model that does not."""
    return BadBoxes(
        f"A model of the family {family} finds individuals by their looks and does not look into boxes; one "
        f"of the family bottom_up does. Leave the boxes out, or train such a model."
    )


class PosePredictor(ABC):
    """Estimators derive from it and write `predict_stream`.

    Learned state that it needs: `skeleton_`, `individuals_`, `card_`.

    Attributes:
        tells_individuals_apart, looks_into_boxes: See `PoseModel`.
    """

    tells_individuals_apart = True
    looks_into_boxes = False

    config: PoseConfig
    skeleton_: Skeleton
    individuals_: tuple[str, ...]
    card_: ModelCard

    @abstractmethod
    def predict_stream(
        self, images: Iterator[Image]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Find the keypoints in a stream of frames (H, W, 3) RGB, some frames at a time, in order.

        A model with `config.context_frames` takes them for frames of one video that follow one another.

        Decoding and scaling run in their own thread, ahead of the network.

        Yields:
            points_px (frame, individual, keypoint, 2) in source pixels, and confidence without the last axis.
        """

    def predict_film(
        self, images: Iterator[Image]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """As `predict_stream`, of frames of one video that follow one another.

        What a model makes of that is its own affair; its answers to frames by themselves may differ.
        """
        return self.predict_stream(images)

    def predict_in_boxes(
        self, images: Iterator[Image], edges_px: Iterator[NDArray[np.float32]]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Top-down: the keypoints of the animal in each box, whoever said where boxes are.

        Args:
            edges_px: (individual, 4) for each frame, source pixels, as `Boxes.edges_px`.

        Yields:
            As `predict_stream`; individuals are those of the boxes, as many as there are. Without a box, or
            where nothing was found in it, points are NaN and the confidence is 0.

        Raises:
            BadBoxes: `looks_into_boxes` is not so.
        """
        raise cannot_look_into_boxes(self.config.family)

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
            frames: Strictly increasing frame indices; None is all of them. A model with context also reads
                those around them.

        Raises:
            NoNeighbours: The model has context, and the frames around them are not known; see `check_film`.
        """
        if isinstance(source, Path):
            with open_frames(source) as reader:
                return self.predict(reader, frames, on_progress=on_progress)
        self._require_trained()
        indices = range(source.info.frame_count) if frames is None else frames
        if self.config.context_frames:
            points, confidence = self._collect_in_context(source, indices, on_progress)
        else:
            whole = frames is None and is_film(source.path, source.info)
            pixels = (image for _, image in source.iterate()) if frames is None else map(source.read, frames)
            stream = self.predict_film(pixels) if whole else self.predict_stream(pixels)
            points, confidence = self._collect(stream, len(indices), on_progress)
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

        Raises:
            NoNeighbours: The model has context, and the frames around them are not known.
        """
        if self.config.context_frames:
            return self._sources_in_context(sources, on_progress)
        images = (pixels for _, pixels in read_frames(sources))
        found = self._collect(self.predict_stream(images), len(sources), on_progress)
        rows = np.argsort(np.asarray(reading_order(sources), dtype=np.intp))  # back to the order asked for
        return found[0][rows], found[1][rows]

    @property
    def provenance(self) -> dict[str, Any]:
        """What identifies the model in its outputs."""
        return {"stage": STAGE, "family": self.card_.family, "weights_sha256": self.card_.weights_sha256}

    def _collect(
        self,
        answers: Generator[tuple[NDArray[np.float32], NDArray[np.float32]]],
        total: int,
        on_progress: OnProgress,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        points, confidence = self._nothing(total)
        done = 0
        with closing(answers) as stream:
            for some_points, some_confidence in stream:
                rows = slice(done, done + len(some_points))
                points[rows], confidence[rows] = some_points, some_confidence
                done = rows.stop
                on_progress(Progress(stage="predict", done=done, total=total))
        return points, confidence

    def _collect_in_context(
        self, reader: FrameReader, frames: Sequence[int], on_progress: OnProgress
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Answers to these frames of a video, read with those around them."""
        reach = self.config.context_frames
        check_film(reader.path, reader.info, reach)
        points, confidence = self._nothing(len(frames))
        done = 0
        for run in runs_of(frames, reach, reader.info.frame_count, reader.path):
            stream = self.predict_stream(pixels for _, pixels in reader.iterate(run.first, run.stop))
            for at, some_points, some_confidence in between(stream, run.first, run.first, run.stop):
                here = run.wanted[(run.wanted >= at) & (run.wanted < at + len(some_points))] - at
                rows = slice(done, done + len(here))
                points[rows], confidence[rows] = some_points[here], some_confidence[here]
                done = rows.stop
                on_progress(Progress(stage="predict", done=done, total=len(frames)))
        return points, confidence

    def _sources_in_context(
        self, sources: Sequence[FrameSource], on_progress: OnProgress
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        neighbourhood(sources, self.config.context_frames)  # refuses what has no neighbours
        points, confidence = self._nothing(len(sources))
        done = 0

        def report(progress: Progress) -> None:
            on_progress(replace(progress, done=min(done + progress.done, len(sources)), total=len(sources)))

        for path in dict.fromkeys(source.path for source in sources):
            rows = [row for row, source in enumerate(sources) if source.path == path]
            frames, places = np.unique([int(sources[row].index) for row in rows], return_inverse=True)
            with open_frames(path) as reader:
                found = self._collect_in_context(reader, frames.tolist(), report)
            points[rows], confidence[rows] = found[0][places], found[1][places]
            done += len(rows)
        return points, confidence

    def _nothing(self, frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Points and confidence before anything is known."""
        self._require_trained()
        shape = (frames, len(self.individuals_), len(self.skeleton_))
        return np.full((*shape, 2), np.nan, dtype=np.float32), np.zeros(shape, dtype=np.float32)

    def _require_trained(self) -> None:
        if not hasattr(self, "card_"):
            raise NotTrained("This pose estimator has no weights yet: call fit, or load.")
