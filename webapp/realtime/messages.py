"""The wire types of the WebSocket, written once; TypeScript is generated from them.

Every change of a job has a number, `seq`, without gaps within the job. A client that sees a gap, or that
reconnects, subscribes again and names the last number it has of each job.

3D poses of a running job are followed: windows come one at a time, each as a `poses` message and, where it
has rows, a binary message right behind it. The next window is sent when the client has said `received`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

JobStateName = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
JobEventKind = Literal["state", "progress", "log", "metrics"]

MAX_SINCE = 500


class Wire(BaseModel):
    """Base of what the server sends; built from rows."""

    model_config = ConfigDict(from_attributes=True)


class JobProgress(Wire):
    """How far a job is. `total` is 0 where unknown; `rate` is in units per second."""

    stage: str
    done: int
    total: int
    metrics: dict[str, float]
    rate: float | None
    eta_s: float | None


class JobErrorState(Wire):
    """Why a job failed, for a person, with a stable code."""

    code: str
    message: str
    data: dict[str, Any] = Field(default_factory=dict)


class JobState(Wire):
    """A job as it is now."""

    id: UUID
    kind: str
    label: str
    state: JobStateName
    progress: JobProgress
    error: JobErrorState | None
    seq: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    params: dict[str, Any]
    result: dict[str, Any] | None
    can_cancel: bool
    can_pause: bool
    can_resume: bool
    can_retry: bool
    pausing: bool

    @field_validator("params", mode="after")
    @classmethod
    def _without_folder(cls, params: dict[str, Any]) -> dict[str, Any]:
        # Every member reads jobs; in which folder of the server an import lay is for those who manage data.
        return {**params, "path": PurePath(str(params["path"])).name} if "path" in params else params


class JobEventMsg(Wire):
    """One line of a job's log.

    `data` by kind: state `{state, worker?, error?, cancel_requested?, pause_requested?, by?, retried_by?,
    resumed_by?}`; progress as `JobProgress`; log `{message}`; metrics `{stage, done, total, metrics,
    examples?}`, examples being `[{video, index, labels_px, points_px}]`: what a network that is being trained
    answers then on labelled frames that it has not learned from, (individual, keypoint) of [x, y], null where
    there is none.
    """

    job_id: UUID
    seq: int
    kind: JobEventKind
    data: dict[str, Any]
    at: datetime


class SnapshotMessage(Wire):
    """The answer to a subscription: jobs that have not ended, recent ones that have, and the log since what
    was asked."""

    type: Literal["snapshot"] = "snapshot"
    jobs: list[JobState]
    events: list[JobEventMsg]


class JobMessage(Wire):
    """A job changed; `events` follow on what was sent before."""

    type: Literal["job"] = "job"
    job: JobState
    events: list[JobEventMsg]


class TickRange(Wire):
    """Ticks start <= tick < stop."""

    start: int
    stop: int


class PosesMessage(Wire):
    """A window of 3D poses, ticks start <= tick < stop; its bytes follow unless it is empty.

    The bytes are little-endian float32 (tick, individual, keypoint, 4): x, y, z and sigma in mm.
    `skipped` names ticks that were left out because this client is too far behind; they can be read over
    HTTP. When `state` is no longer running and `stop` has reached `ticks_done`, nothing more comes unless the
    job is tried again.
    """

    type: Literal["poses"] = "poses"
    reconstruction_id: int
    seq: int
    start: int
    stop: int
    individuals: int
    keypoints: int
    skipped: TickRange | None
    ticks_done: int
    tick_count: int
    state: Literal["running", "ready", "failed"]


class ErrorMessage(Wire):
    """What the client sent cannot be used, or what it follows cannot be read; the connection stays open.

    `reconstruction_id` names what is no longer followed, if it is about that.
    """

    type: Literal["error"] = "error"
    code: str
    detail: str
    reconstruction_id: int | None = None


class SubscribeMessage(BaseModel):
    """Ask for a snapshot and for every change after it.

    `since` names the last number that the client has of each job; a job that is not named gets no log.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["subscribe"]
    since: dict[UUID, Annotated[int, Field(ge=0, le=2**31 - 1)]] = Field(
        default_factory=dict, max_length=MAX_SINCE
    )


class FollowMessage(BaseModel):
    """Ask for the 3D poses of a reconstruction from tick `since` on, as they are made."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["follow"]
    reconstruction_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    since: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class ReceivedMessage(BaseModel):
    """The window `seq` is here; the next may come."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["received"]
    reconstruction_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    seq: Annotated[int, Field(ge=1, le=2**31 - 1)]


class UnfollowMessage(BaseModel):
    """Send no more of a reconstruction."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["unfollow"]
    reconstruction_id: Annotated[int, Field(ge=1, le=2**63 - 1)]


ServerMessage = Annotated[
    SnapshotMessage | JobMessage | PosesMessage | ErrorMessage, Field(discriminator="type")
]
ClientMessage = Annotated[
    SubscribeMessage | FollowMessage | ReceivedMessage | UnfollowMessage, Field(discriminator="type")
]


class WireTypes(BaseModel):
    """Everything that crosses the socket, for the generator."""

    server: ServerMessage
    client: ClientMessage


client_message: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
