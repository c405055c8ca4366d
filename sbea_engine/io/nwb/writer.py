"""Writes pose estimates with pynwb and ndx-pose, one file a video."""

from __future__ import annotations

import datetime
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sbea_engine.data import Poses
from sbea_engine.io.nwb.errors import BadNwb

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_rate", "write_nwb"]

MAX_NODES = 256  # ndx-pose counts the ends of edges in 8 bits
REFERENCE = "(0, 0) is the centre of the top-left pixel; x to the right, y down"
MAX_RATE_HZ = 1e6
NOT_SECONDS = "The frame rate of the video is not known: times are frame numbers, not seconds."
UNKNOWN_START = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def write_nwb(
    poses: Poses,
    file: Path,
    *,
    video: str,
    scorer: str,
    rate_hz: float | None = None,
    session_start: datetime.datetime = UNKNOWN_START,
) -> Path:
    """Write predictions as one PoseEstimation an individual, in the processing module `behavior`.

    Args:
        poses: Of one video.
        file: Replaced where it is there.
        video: File name of the video.
        scorer: Name of the model.
        rate_hz: Frames in a second, the same throughout. Where it is None time stamps are frame numbers, and
            the descriptions of file, video and series say so.
        session_start: NWB demands one, with a time zone; 1970 stands for unknown.

    Raises:
        BadNwb: Nothing predicted, a name that no NWB object can have, or no such rate.
    """
    from ndx_pose import PoseEstimation, Skeletons
    from ndx_pose import Skeleton as NodeSkeleton
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.image import ImageSeries

    _require_names(poses)
    if rate_hz is not None and not is_rate(rate_hz):
        raise BadNwb(f"A video cannot run at {rate_hz!r} frames a second.")
    start = "; the recording's start is not known" if session_start == UNKNOWN_START else ""
    times = NOT_SECONDS if rate_hz is None else "Times are seconds from the first frame of the video."
    nwb = NWBFile(
        session_description=f"Predicted poses{start}. {times}",
        identifier=str(uuid.uuid4()),
        session_start_time=session_start,
    )
    source = ImageSeries(
        name="source_video", format="external", external_file=[video], starting_frame=[0],
        rate=float(rate_hz or 1), num_samples=int(poses.frames[-1]) + 1, unit="n/a",
        description=f"The video that the poses are of. {times}",
    )  # fmt: skip
    nwb.add_acquisition(source)
    edges = [[poses.skeleton.index(end) for end in edge] for edge in poses.skeleton.edges]
    skeleton = NodeSkeleton(
        name="skeleton",
        nodes=list(poses.skeleton.keypoints),
        edges=np.array(edges, np.uint8).reshape(-1, 2),
    )
    module = nwb.create_processing_module(name="behavior", description="Pose estimation")
    module.add(Skeletons(skeletons=[skeleton]))
    for i, name in enumerate(poses.individuals):
        module.add(
            PoseEstimation(
                name=name,
                pose_estimation_series=_series(poses, i, rate_hz),
                skeleton=skeleton,
                source_video=source,
                scorer=scorer,
                source_software="SBeA Studio",
                description="Keypoints of one individual",
            )
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.stem}.{uuid.uuid4().hex[:8]}.nwb")
    try:
        with NWBHDF5IO(str(temporary), "w") as io:
            io.write(nwb)
        os.replace(temporary, file)  # noqa: PTH105 (atomic on one file system)
    finally:
        temporary.unlink(missing_ok=True)
    return file


def is_rate(value: object) -> bool:
    """Whether a value is frames in a second that a video can have; it may come from any file."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < MAX_RATE_HZ


def _series(poses: Poses, individual: int, rate_hz: float | None) -> list[Any]:
    from ndx_pose import PoseEstimationSeries

    made: list[Any] = []
    times: NDArray[np.float64] = poses.frames / (rate_hz or 1)
    # all digits of the rate: with six, a long video read back would be a frame off
    comment = f"The frame number is time stamp times {float(rate_hz or 1)!r} per second."
    for k, keypoint in enumerate(poses.skeleton.keypoints):
        # by way of text: 21.521 is written, not the 21.520999908447266 that float32 widens to
        data = poses.points_px[:, individual, k].astype(str).astype(np.float64)
        made.append(
            PoseEstimationSeries(
                name=keypoint,
                data=data,
                unit="pixels",
                reference_frame=REFERENCE,
                timestamps=made[0] if made else times,
                confidence=poses.confidence[:, individual, k].astype(np.float64),
                confidence_definition="Confidence of the model, 0 to 1",
                description=f"Positions of {keypoint}"
                if rate_hz
                else f"Positions of {keypoint}. {NOT_SECONDS}",
                comments=comment,
            )
        )
    return made


def _require_names(poses: Poses) -> None:
    if not len(poses):
        raise BadNwb("There are no predicted frames to write.")
    if len(poses.skeleton) > MAX_NODES:
        raise BadNwb(f"ndx-pose holds at most {MAX_NODES} keypoints; these poses have {len(poses.skeleton)}.")
    for name in (*poses.individuals, *poses.skeleton.keypoints):
        if any(c in name for c in "/:\0") or name != name.strip() or name in (".", ".."):
            raise BadNwb(f"No NWB object can be called {name!r} (/ and : divide paths). Rename it.")
    taken = {"Skeletons"} & set(poses.individuals)
    if taken:
        raise BadNwb("No individual can be called 'Skeletons' in an NWB file. Rename it.")
