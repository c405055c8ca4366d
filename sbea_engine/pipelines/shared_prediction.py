"""One long video predicted by several workers at once: ranges are claimed one by one and stitched in order.

One worker leads: it alone writes the store. Whoever helps claims a range of frames that nobody has, predicts
it into a part file of its own, and says so. The leader takes parts over as soon as all before them is
written; meanwhile it works on ranges itself, on the next one straight into the store. Alone it therefore
does what `predict_video` does. Ranges are whole chunks of the store, and a frame's answer does not depend on
the range it is in, save for families whose answers go on from frame to frame: their videos are one range.
"""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sbea_engine.io.poses_store import PosesWriter
from sbea_engine.nn.runtime import Runtime
from sbea_engine.pipelines.pose_video import STORE_CHUNK, PredictionResult, answers_to, rate_fact
from sbea_engine.pose.answers import Answer
from sbea_engine.pose.factory import PoseModel, load
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.fingerprint import fingerprint
from sbea_engine.video.reader import FrameReader, open_frames

RANGE_CHUNKS = 4
"""Chunks of the store in a range: half a minute of work, so that little is lost with a worker."""

WAIT_S = 0.5


class Ranges(Protocol):
    """Who works on which range; every method is atomic over all workers.

    Whoever holds a range keeps it as long as it goes on saying `hold`; a range whose worker fell silent can
    be claimed by another.
    """

    def lay_out(self, count: int) -> None:
        """There are so many ranges; what an earlier run of the same work has finished stays finished."""

    def claim(self, number: int | None = None) -> int | None:
        """Take this range, or the first that nobody has; None where there is none."""

    def hold(self, number: int, frames: int) -> None:
        """Still at it, so many frames of the range done. Tells a helper by `Cancelled` that the range is
        another's or the work is to stop; whoever leads hears that from its progress callback and goes on
        here."""

    def finish(self, number: int) -> None:
        """Its part is in place."""

    def let_go(self, number: int) -> None:
        """Not finished, and another may have it at once."""

    def reopen(self, number: int) -> None:
        """It counted as finished and its part is not there."""

    def finished(self, number: int) -> bool:
        """Whether its part is, or was, in place."""

    def frames_ahead(self, number: int) -> int:
        """Frames done so far in the ranges after this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Ranges of one video.

    Attributes:
        frame_count: Of the video.
        frames: In a range; the last one may be shorter.
    """

    frame_count: int
    frames: int

    @property
    def count(self) -> int:
        """How many ranges there are."""
        return max(1, -(-self.frame_count // self.frames))

    def span(self, number: int) -> tuple[int, int]:
        """First frame of a range, and the first behind it."""
        return number * self.frames, min((number + 1) * self.frames, self.frame_count)


class SharedPrediction:
    """The work on one video, as leader or as helper.

    Args:
        parts: Folder for finished ranges, which all workers reach.
        runtime: See `factory.load`. Workers may differ in it: answers then differ by rounding.
        chunk: Rows of the store that become visible together.
        range_chunks: Chunks in a range.
    """

    def __init__(
        self,
        model_folder: Path,
        video: Path,
        ranges: Ranges,
        parts: Path,
        *,
        threads: int | None = None,
        runtime: Runtime = "torch",
        chunk: int = STORE_CHUNK,
        range_chunks: int = RANGE_CHUNKS,
    ) -> None:
        self._model: PoseModel = load(model_folder, threads=threads, runtime=runtime)
        self._video, self._ranges, self._parts = video, ranges, parts
        self._chunk, self._range_chunks = chunk, range_chunks

    def lead(
        self,
        out_store: Path,
        *,
        on_begin: Callable[[int], None] = lambda _: None,
        on_progress: OnProgress = ignore,
    ) -> PredictionResult:
        """Write the store, with whatever help there is; goes on where an earlier leader stopped.

        Args:
            on_begin: Told once how many ranges are to be done, when others may claim them.

        Raises:
            BadPosesStore: The store belongs to another model or video.
            Cancelled: From `on_progress` or `Ranges.hold`; complete chunks and finished parts stay.
        """
        began = time.monotonic()
        with open_frames(self._video) as reader:
            split, facts = self._split(reader), self._facts(reader)
            skeleton, who = self._model.skeleton_, self._model.individuals_
            told = {**facts, **rate_fact(reader.info)}
            with PosesWriter(out_store, skeleton, who, split.frame_count, self._chunk, told) as writer:
                start = writer.frames_done
                self._ranges.lay_out(split.count)
                on_begin(split.count - start // split.frames)
                _Leader(self, reader, split, facts, writer, on_progress).run()
        total = split.frame_count
        seconds = time.monotonic() - began
        return PredictionResult(
            store=out_store, frame_count=total, predicted_now=total - start, seconds=seconds
        )

    def help(self) -> int | None:
        """Do one range into its part; its number, or None where there is none to do.

        Raises:
            Cancelled: From `Ranges.hold`; the range is then another's, or free.
        """
        number = self._ranges.claim()
        if number is None:
            return None
        try:
            with open_frames(self._video) as reader:
                self.make_part(number, reader, self._split(reader), self._facts(reader))
        except BaseException:
            self._ranges.let_go(number)
            raise
        return number

    def make_part(
        self,
        number: int,
        reader: FrameReader,
        split: Split,
        facts: dict[str, Any],
        on_frames: Callable[[], None] = lambda: None,
    ) -> None:
        """Predict a claimed range into its part file, which appears whole."""
        points, confidence, done = [], [], 0
        start, stop = split.span(number)
        for some in self.answers(reader, start, stop):
            points.append(some[0])
            confidence.append(some[1])
            done += len(some[0])
            self._ranges.hold(number, done)
            on_frames()
        write_part(self._part(number), np.concatenate(points), np.concatenate(confidence), _of(facts, start))
        self._ranges.finish(number)

    def answers(self, reader: FrameReader, start: int, stop: int) -> Iterator[Answer]:
        """Of frames start to stop - 1, some at a time."""
        with closing(answers_to(self._model, reader, start, stop, self._chunk)) as answers:
            yield from answers

    def take_part(self, number: int, facts: dict[str, Any], split: Split) -> Answer | None:
        """The part of a finished range; None where it is not there or not of this work."""
        start, stop = split.span(number)
        return read_part(self._part(number), _of(facts, start), stop - start)

    def drop_part(self, number: int) -> None:
        """It is in the store now."""
        self._part(number).unlink(missing_ok=True)

    @property
    def ranges(self) -> Ranges:
        """Who works on what."""
        return self._ranges

    def _part(self, number: int) -> Path:
        return self._parts / f"{number:06d}.npz"

    def _split(self, reader: FrameReader) -> Split:
        total = reader.info.frame_count
        alone = not self._model.tells_individuals_apart  # animals keep their places from frame to frame
        frames = max(total, 1) if alone else self._chunk * self._range_chunks
        return Split(frame_count=total, frames=frames)

    def _facts(self, reader: FrameReader) -> dict[str, Any]:
        """What names the work, and so its parts. Helpers do not know which further facts the store has."""
        return {
            "video": self._video.name,
            "video_fingerprint": fingerprint(self._video),
            "frame_count": reader.info.frame_count,
            **self._model.provenance,
        }


class _Leader:
    """One run of the leader, from where the store is to its end."""

    def __init__(
        self,
        work: SharedPrediction,
        reader: FrameReader,
        split: Split,
        facts: dict[str, Any],
        writer: PosesWriter,
        on_progress: OnProgress,
    ) -> None:
        self._work, self._reader, self._split, self._facts = work, reader, split, facts
        self._writer, self._on_progress = writer, on_progress
        self._at = writer.frames_done

    def run(self) -> None:
        self._report()
        while self._at < self._split.frame_count:
            number = self._at // self._split.frames
            if self._stitch(number) or self._stream(number):
                continue
            other = self._work.ranges.claim()
            if other is not None:
                self._work.make_part(other, self._reader, self._split, self._facts, self._report)
                continue
            time.sleep(WAIT_S)  # all are taken; one of them may be lost meanwhile
            self._report()

    def _stitch(self, number: int) -> bool:
        """Take the part of the next range over, if it is there."""
        if not self._work.ranges.finished(number):
            return False
        part = self._work.take_part(number, self._facts, self._split)
        if part is None:
            self._work.ranges.reopen(number)
            return False
        done = (
            self._at - self._split.span(number)[0]
        )  # of a leader before this one, who was writing it when it died
        self._append(part[0][done:], part[1][done:])
        self._work.drop_part(number)
        return True

    def _stream(self, number: int) -> bool:
        """Predict the next range straight into the store, if nobody else is at it."""
        ranges = self._work.ranges
        if ranges.claim(number) is None:
            return False
        start, stop = self._split.span(number)
        try:
            for points, confidence in self._work.answers(self._reader, self._at, stop):
                self._append(points, confidence)
                ranges.hold(number, self._at - start)
        except BaseException:
            ranges.let_go(number)
            raise
        ranges.finish(number)
        return True

    def _append(self, points: NDArray[np.float32], confidence: NDArray[np.float32]) -> None:
        self._writer.append(points, confidence)
        self._at += len(points)
        self._report()

    def _report(self) -> None:
        total = self._split.frame_count
        ahead = self._work.ranges.frames_ahead(self._at // self._split.frames) if self._at < total else 0
        self._on_progress(Progress(stage="predict", done=min(self._at + ahead, total), total=total))


def write_part(
    file: Path, points_px: NDArray[np.float32], confidence: NDArray[np.float32], facts: dict[str, Any]
) -> None:
    """Put a finished range in place, whole or not at all; whoever writes last wins, with the same numbers."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}.{time.monotonic_ns()}")
    with draft.open("wb") as handle:
        np.savez(handle, points_px=points_px, confidence=confidence, facts=np.array(_text(facts)))
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)


def read_part(file: Path, facts: dict[str, Any], frames: int) -> Answer | None:
    """A part of this work; None where it is not there, damaged, or of another model or video."""
    try:
        with np.load(file, allow_pickle=False) as part:
            points, confidence, told = part["points_px"], part["confidence"], str(part["facts"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return (points, confidence) if told == _text(facts) and len(points) == len(confidence) == frames else None


def _of(facts: dict[str, Any], start: int) -> dict[str, Any]:
    """What names a part: that of the run, and where it belongs."""
    return {**facts, "start": start}


def _text(facts: dict[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True)
