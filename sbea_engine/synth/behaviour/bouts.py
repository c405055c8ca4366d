"""Who did what to whom, and when: exact, and without gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sbea_engine.errors import BadInput


class BadBouts(BadInput):
    """Bouts contradict themselves or the recording."""

    code = "bad_bouts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """One interval of one behaviour of one individual.

    Attributes:
        first_frame, last_frame: Bounds, both inclusive.
        actor: The individual whose bout it is.
        partner: The individual that it is directed at; None where there is none. A partner has bouts of its
            own at the same time.
    """

    behaviour: str
    first_frame: int
    last_frame: int
    actor: str
    partner: str | None = None

    def __post_init__(self) -> None:
        if any(type(f) is not int for f in (self.first_frame, self.last_frame)):
            raise BadBouts(
                f"Frames of a bout are whole numbers, got {self.first_frame!r} to {self.last_frame!r} "
                f"({self.behaviour})."
            )
        if not 0 <= self.first_frame <= self.last_frame:
            raise BadBouts(
                f"A bout runs from a frame of at least 0 to the same or a later one, got "
                f"{self.first_frame} to {self.last_frame} ({self.behaviour})."
            )
        if self.actor == self.partner:
            raise BadBouts(f"{self.actor!r} cannot be its own partner ({self.behaviour}).")

    def __len__(self) -> int:
        return self.last_frame - self.first_frame + 1

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "behaviour": self.behaviour,
            "first_frame": self.first_frame,
            "last_frame": self.last_frame,
            "actor": self.actor,
            "partner": self.partner,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadBouts` with what is wrong."""
        try:
            partner = data["partner"]
            return cls(
                behaviour=str(data["behaviour"]),
                first_frame=data["first_frame"],
                last_frame=data["last_frame"],
                actor=str(data["actor"]),
                partner=None if partner is None else str(partner),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadBouts(
                f"A bout needs behaviour, first_frame, last_frame, actor and partner: {error!r}."
            ) from error


def check_bouts(bouts: Sequence[Bout], *, individuals: Sequence[str], frames: int) -> None:
    """Raises `BadBouts` unless each individual is in exactly one behaviour at each of `frames` frames."""
    known = set(individuals)
    for bout in bouts:
        strange = {bout.actor} | ({bout.partner} if bout.partner is not None else set())
        if strange - known:
            raise BadBouts(f"Bouts name {sorted(strange - known)[0]!r}, who is not in the recording.")
    for name in individuals:
        after = 0
        own = sorted((b for b in bouts if b.actor == name), key=lambda b: b.first_frame)
        for bout in own:
            if bout.first_frame != after:
                raise BadBouts(
                    f"Bouts of {name!r}: expected one to begin at frame {after}, got {bout.first_frame}."
                )
            after = bout.last_frame + 1
        if after != frames:
            raise BadBouts(f"Bouts of {name!r} end after {after} frames, the recording after {frames}.")
