"""What a user chooses for terms on unlabelled video: which, how much each weighs, and which video."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from sbea_engine.errors import BadInput

TERMS = ("temporal", "pose", "views")
MOST_WEIGHT = 1e4
MOST_CLIPS = 2000
CLIP_FRAMES = 4
"""Neighbouring frames of a clip of unlabelled video."""


class BadConsistency(BadInput):
    """A setting of the terms on unlabelled video is unknown or out of range."""

    code = "bad_consistency"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyConfig:
    """Terms on unlabelled video, see `consistency.py`; each is in body lengths before it is weighed.

    A body length is the median extent of the labelled poses. A weight of 0 leaves a term out.

    Attributes:
        videos: Paths of videos, or folders of images, with frames of the labelled frames' size. With a weight
            of `views` they are the views of one take, which show one moment at one frame index and are called
            as the labelled videos are.
        temporal: Weight of what keypoints move by from frame to frame beyond `reach`.
        pose: Weight of what poses differ by from those that the labelled ones span.
        views: Weight of what views contradict one another by.
        reach: How far a keypoint may move from one frame to the next, body lengths.
        clips: How many short clips are taken from the videos, all together; fewer where there are fewer.
    """

    videos: tuple[str, ...]
    temporal: float = 0.0
    pose: float = 0.0
    views: float = 0.0
    reach: float = 0.17
    clips: int = 128

    def __post_init__(self) -> None:
        _check_videos(self.videos)
        for name in TERMS:
            _number(name, getattr(self, name), 0.0, MOST_WEIGHT)
        _number("reach", self.reach, 0.0, 100.0)
        _number("clips", self.clips, 1, MOST_CLIPS, whole=True)
        if not self.terms:
            raise BadConsistency(
                f"Unlabelled video is given and no term on it: give a weight above 0 to one of "
                f"{', '.join(TERMS)}, or leave the video out."
            )
        if self.views > 0 and len(self.videos) < 2:
            raise BadConsistency(
                "The term views compares cameras: give the unlabelled videos of two or more, or leave it out."
            )

    @property
    def terms(self) -> dict[str, float]:
        """Weights of the terms that are on."""
        return {name: float(getattr(self, name)) for name in TERMS if getattr(self, name) > 0}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from JSON; raises `BadConsistency` for unknown keys and values out of range."""
        known = [f.name for f in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise BadConsistency(
                f"Unknown setting: {', '.join(map(str, unknown))}. Known: {', '.join(known)}."
            )
        videos = data.get("videos", ())
        return cls(**{**data, "videos": tuple(videos) if isinstance(videos, list) else videos})


def _check_videos(videos: object) -> None:
    if not isinstance(videos, tuple) or not all(isinstance(v, str) and v for v in videos):
        raise BadConsistency(f"videos is a list of paths; got {videos!r}.")
    if not videos:
        raise BadConsistency("Terms on unlabelled video need one: give its path, or leave the weights out.")
    twice = [video for video in videos if videos.count(video) > 1]
    if twice:
        raise BadConsistency(f"{twice[0]}: given twice as unlabelled video. Give each once.")


def _number(name: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    kind = int if whole else (int, float)
    right = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)
    if not right or not low <= value <= high:  # type: ignore[operator]
        what = "a whole number" if whole else "a number"
        raise BadConsistency(f"{name} is {what} from {low:g} to {high:g}; got {value!r}.")
