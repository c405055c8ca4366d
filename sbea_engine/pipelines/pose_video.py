"""From a video and a model to poses on disk, chunk by chunk: what command line and workers both call."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from sbea_engine.data.boxes import BadBoxes, Boxes
from sbea_engine.io.poses_store import PosesWriter
from sbea_engine.nn.runtime import Runtime
from sbea_engine.pose.answers import Answer
from sbea_engine.pose.factory import PoseModel, load
from sbea_engine.pose.neighbours import between, check_film, is_film
from sbea_engine.pose.predictor import cannot_look_into_boxes
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.fingerprint import fingerprint
from sbea_engine.video.info import FramesInfo
from sbea_engine.video.reader import FrameReader, open_frames

STORE_CHUNK = 512
NAMED_BOXES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionResult:
    """Poses on disk, and how fast this attempt made its part of them."""

    store: Path
    frame_count: int
    predicted_now: int
    seconds: float


def predict_video(
    model_folder: Path,
    video: Path,
    out_store: Path,
    *,
    threads: int | None = None,
    runtime: Runtime = "torch",
    boxes: Boxes | None = None,
    chunk: int = STORE_CHUNK,
    on_progress: OnProgress = ignore,
) -> PredictionResult:
    """Run a saved model over a video into a poses store; goes on where an earlier attempt stopped.

    Args:
        runtime: See `factory.load`. A store that was begun with one may go on with the other: the model is
            the same, and answers differ by rounding.
        boxes: Where animals are; they say who is who. Only the family `bottom_up` looks into boxes.

    Raises:
        BadPosesStore: The store belongs to another model or video, or was made in other boxes.
        BadBoxes: The model does not look into boxes, a box is of a frame that the video does not have, or
            outside the picture.
        OnnxMissing, CannotExport: See `NetworkEstimator.answer_through_onnx`; nothing was written.
        Cancelled: From `on_progress`; complete chunks stay.
    """
    began = time.monotonic()
    model = load(model_folder, threads=threads, runtime=runtime)
    with open_frames(video) as reader:
        total = reader.info.frame_count
        facts = {
            "video": video.name,
            "video_fingerprint": fingerprint(video),
            "frame_count": total,
            **model.provenance,
            **rate_fact(reader.info),
        }
        individuals = model.individuals_
        if boxes is not None:
            _check_boxes(boxes, model, video, reader.info)
            individuals, facts = boxes.individuals, {**facts, "boxes_sha256": boxes.checksum}
            facts.pop("individuals_are_places")
        writer = PosesWriter(out_store, model.skeleton_, individuals, total, chunk, facts)
        with writer:
            start = done = writer.frames_done
            on_progress(Progress(stage="predict", done=done, total=total))
            whole = (reader, start, total, chunk)
            found = answers_to(model, *whole) if boxes is None else answers_in_boxes(model, boxes, *whole)
            with closing(found) as answers:
                for points, confidence in answers:
                    writer.append(points, confidence)
                    done += len(points)
                    on_progress(Progress(stage="predict", done=done, total=total))
    return PredictionResult(
        store=out_store, frame_count=total, predicted_now=total - start, seconds=time.monotonic() - began
    )


def rate_fact(info: FramesInfo) -> dict[str, float]:
    """How fast a video runs, as a fact of its poses store: `fps`, in frames a second.

    Nothing where the source does not say, or its rate varies: no number then turns frames into seconds.
    """
    return {} if info.fps is None or info.variable_rate else {"fps": info.fps}


def answers_to(model: PoseModel, reader: FrameReader, start: int, stop: int, chunk: int) -> Generator[Answer]:
    """Answers to the frames start <= frame < stop, some at a time; start is a whole number of chunks.

    No batch reaches over the end of a chunk, nor does what is mended in a film: how frames are put together
    changes what a model answers. A run that was stopped, or shared between workers, so gives the numbers of
    one that was not. Where animals keep their places from frame to frame there is one stream, from the
    first frame on: what a stopped run has done is looked at once more, or animals would change places where
    it goes on.
    """
    if not model.tells_individuals_apart:
        yield from _part(model, reader, 0, stop, (start, stop))
        return
    if model.config.context_frames:
        yield from _in_context(model, reader, start, stop, chunk)
        return
    pixels = (image for _, image in reader.iterate(start))
    predict = model.predict_film if is_film(reader.path, reader.info) else model.predict_stream
    for at in range(start, stop, chunk):
        with closing(predict(islice(pixels, min(chunk, stop - at)))) as answers:
            yield from answers


def answers_in_boxes(
    model: PoseModel, boxes: Boxes, reader: FrameReader, start: int, stop: int, chunk: int
) -> Generator[Answer]:
    """As `answers_to`, of the animals in boxes: each frame by itself."""
    pixels = (image for _, image in reader.iterate(start))
    for at in range(start, stop, chunk):
        end = min(at + chunk, stop)
        edges = map(boxes.of, range(at, end))
        with closing(model.predict_in_boxes(islice(pixels, end - at), edges)) as answers:
            yield from answers


def _check_boxes(boxes: Boxes, model: PoseModel, video: Path, info: FramesInfo) -> None:
    if not model.looks_into_boxes:
        raise cannot_look_into_boxes(model.config.family)
    if len(boxes) and boxes.frames[-1] >= info.frame_count:
        raise BadBoxes(
            f"There is a box in frame {boxes.frames[-1]}, and {video.name} has {info.frame_count} frames. "
            f"Frames count from 0; give the boxes of this video."
        )
    outside = np.argwhere(boxes.outside(info.width, info.height))
    if len(outside):
        some = [f"frame {boxes.frames[f]}, {boxes.individuals[n]}" for f, n in outside[:NAMED_BOXES]]
        more = f"; and {len(outside) - NAMED_BOXES} more" if len(outside) > NAMED_BOXES else ""
        raise BadBoxes(
            f"Boxes lie outside the picture of {video.name}, which is {info.width} x {info.height} pixels: "
            f"{'; '.join(some)}{more}. Leave them out, or give the boxes of this video."
        )


def _in_context(
    model: PoseModel, reader: FrameReader, start: int, stop: int, chunk: int
) -> Generator[Answer]:
    """As `answers_to`, of a model that sees frames before and after: each chunk is read with those around it,
    also where these belong to another range."""
    reach, count = model.config.context_frames, reader.info.frame_count
    check_film(reader.path, reader.info, reach)
    for at in range(start, stop, chunk):
        end = min(at + chunk, stop)
        yield from _part(model, reader, max(0, at - reach), min(count, end + reach), (at, end))


def _part(
    model: PoseModel, reader: FrameReader, first: int, stop: int, wanted: tuple[int, int]
) -> Generator[Answer]:
    """Of one stream over the frames first <= frame < stop the answers to those from wanted[0] to
    wanted[1] - 1."""
    pixels = (image for _, image in reader.iterate(first, stop))
    with closing(between(model.predict_stream(pixels), first, *wanted)) as answers:
        for _, points, confidence in answers:
            yield points, confidence
