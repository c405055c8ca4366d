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

__all__ = ["write_nwb"]

MAX_NODES = 256  # ndx-pose counts the ends of edges in 8 bits
REFERENCE = "(0, 0) is the centre of the top-left pixel; x to the right, y down"
UNKNOWN_START = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def write_nwb(
    poses: Poses,
    file: Path,
    *,
    video: str,
    scorer: str,
    rate_hz: float = 1.0,
    session_start: datetime.datetime = UNKNOWN_START,
) -> Path:
    """Write predictions as one PoseEstimation an individual, in the processing module `behavior`.

    Args:
        poses: Of one video.
        file: Replaced where it is there.
        video: File name of the video.
        scorer: Name of the model.
        rate_hz: Frames in a second; at 1, time stamps are frame numbers.
        session_start: NWB demands one, with a time zone; 1970 stands for unknown.

    Raises:
        BadNwb: Nothing predicted, or a name that no NWB object can have.
    """
    from ndx_pose import PoseEstimation, Skeletons
    from ndx_pose import Skeleton as NodeSkeleton
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.image import ImageSeries

    _require_names(poses)
    nwb = NWBFile(
        session_description="Predicted poses; the recording's start is not known."
        if session_start == UNKNOWN_START
        else "Predicted poses.",
        identifier=str(uuid.uuid4()),
        session_start_time=session_start,
    )
    source = ImageSeries(
        name="source_video", format="external", external_file=[video], starting_frame=[0],
        rate=float(rate_hz), num_samples=int(poses.frames[-1]) + 1, unit="n/a",
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


def _series(poses: Poses, individual: int, rate_hz: float) -> list[Any]:
    from ndx_pose import PoseEstimationSeries

    made: list[Any] = []
    times: NDArray[np.float64] = poses.frames / rate_hz
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
                comments=f"The frame number is time stamp times {rate_hz:g} per second.",
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
