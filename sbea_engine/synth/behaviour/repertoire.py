"""What animals can do: durations, speeds and what follows what, in one table.

How to add a behaviour: a row in `REPERTOIRE`, a control in `controls.py` that says where the animal heads and
how fast, a row in `TRANSITIONS`, and, where the body takes a pose of its own, an envelope in `acts.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sbea_engine.errors import BadInput


class BadRepertoire(BadInput):
    """Durations or transitions of behaviours contradict themselves."""

    code = "bad_repertoire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One behaviour.

    Attributes:
        median_s, spread: Of the log-normal distribution of its duration; `spread` is the standard deviation
            of the logarithm.
        shortest_s, longest_s: Bounds of a drawn duration. A bout that events cut short may end earlier.
        speed_mm_s: (low, high) of the speed that a bout draws; (0, 0) stands.
        social: Has a partner.
        mutual: Both take part: a bout of each, with the other as partner and the same bounds at its start.
        overlaps: One body may be on or against the other.
        yields: May be given up for a partner that seeks contact.
    """

    median_s: float
    spread: float
    shortest_s: float
    longest_s: float
    speed_mm_s: tuple[float, float] = (0.0, 0.0)
    social: bool = False
    mutual: bool = False
    overlaps: bool = False
    yields: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.shortest_s <= self.median_s <= self.longest_s or self.spread < 0:
            raise BadRepertoire(
                f"A duration needs 0 < shortest <= median <= longest and a spread of at least 0, got "
                f"{self.shortest_s}, {self.median_s}, {self.longest_s} s and {self.spread}."
            )


REPERTOIRE: Mapping[str, Behaviour] = MappingProxyType(
    {
        "idle": Behaviour(median_s=0.9, spread=0.5, shortest_s=0.35, longest_s=4, yields=True),
        "walk": Behaviour(
            median_s=2.0, spread=0.45, shortest_s=0.6, longest_s=6, speed_mm_s=(45, 210), yields=True
        ),
        "rear": Behaviour(median_s=1.6, spread=0.35, shortest_s=0.9, longest_s=4),
        "groom": Behaviour(median_s=3.6, spread=0.5, shortest_s=1.5, longest_s=12),
        "approach": Behaviour(
            median_s=4.0, spread=0.2, shortest_s=2.5, longest_s=7, speed_mm_s=(70, 170), social=True
        ),
        "follow": Behaviour(
            median_s=2.4, spread=0.4, shortest_s=0.8, longest_s=6, speed_mm_s=(240, 320), social=True
        ),
        "nose-nose": Behaviour(
            median_s=1.2, spread=0.4, shortest_s=0.5, longest_s=3, social=True, mutual=True
        ),
        "nose-anogenital": Behaviour(
            median_s=1.7, spread=0.45, shortest_s=0.6, longest_s=5, speed_mm_s=(60, 90), social=True
        ),
        "mount": Behaviour(
            median_s=3.0, spread=0.3, shortest_s=2.0, longest_s=6, social=True, overlaps=True
        ),
        "flee": Behaviour(
            median_s=1.0, spread=0.25, shortest_s=0.6, longest_s=2, speed_mm_s=(240, 330), social=True
        ),
        "huddle": Behaviour(
            median_s=6, spread=0.45, shortest_s=2.5, longest_s=20, social=True, mutual=True, overlaps=True
        ),
    }
)  # fmt: skip

# What follows a bout, as weights. What is not possible at the moment is left out, and where nothing
# is left the animal walks. The row of "approach" is what the actor goes for, chosen when it sets out.
TRANSITIONS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "idle": {"walk": 5, "rear": 1.2, "groom": 1.3, "approach": 2.2},
        "walk": {"idle": 3, "walk": 1.2, "rear": 1.8, "groom": 0.7, "approach": 2.6},
        "rear": {"walk": 4, "idle": 3, "approach": 1.5},
        "groom": {"walk": 4, "idle": 3, "rear": 0.6, "approach": 1.2},
        "approach": {"nose-nose": 3.5, "nose-anogenital": 5, "huddle": 1.2},
        "follow": {"nose-anogenital": 3.5, "mount": 3, "walk": 2, "idle": 1.5},
        "nose-nose": {"approach": 4, "walk": 2.5, "idle": 1.5, "flee": 1.5},
        "nose-anogenital": {"follow": 3, "mount": 4.5, "walk": 1.5, "idle": 1},
        "mount": {"groom": 3, "idle": 3, "walk": 2, "follow": 2},
        "flee": {"idle": 4, "walk": 4, "groom": 1},
        "huddle": {"walk": 3, "idle": 2.5, "groom": 3},
    }
)

# What the partner does once the actor lets go of it; "" keeps it at what it does.
RESPONSES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "nose-anogenital": {"": 2, "walk": 3, "flee": 3.5},
        "mount": {"walk": 4, "flee": 5},
    }
)
BASIC = frozenset({"idle", "walk", "flee"})  # what any body can do: it stands, walks and runs away
MAX_WEIGHT = 1e6
_MET = ("nose-nose", "huddle")  # begun by an approach alone


def transitions_with(
    changes: Mapping[str, Mapping[str, float]], *, does: Collection[str] | None = None, alone: bool = False
) -> Mapping[str, Mapping[str, float]]:
    """`TRANSITIONS` with the rows of `changes` instead, of the behaviours that a body does.

    Args:
        does: See `BodyPlan.does`; all behaviours where not given.
        alone: Whether there is no other animal.

    Raises:
        BadRepertoire: A row is wrong, or asks for what cannot happen; the message names the row.
    """
    able = frozenset(REPERTOIRE) if does is None else frozenset(does)
    for name, row in changes.items():
        _check_row(name, row, able)
        if alone and name != "approach" and all(REPERTOIRE[after].social for after in row if row[after] > 0):
            raise BadRepertoire(f"transitions.{name}: leaves an animal that is alone nothing to do")
    rows = {
        name: {after: weight for after, weight in row.items() if after in able}
        for name, row in {**TRANSITIONS, **changes}.items()
        if name in able
    }
    for name, row in rows.items():
        if not sum(row.values()) > 0:
            raise BadRepertoire(f"transitions.{name}: nothing that this body does follows it")
    return rows


def _check_row(name: str, row: Mapping[str, float], able: frozenset[str]) -> None:
    """Raises `BadRepertoire` where a row of transitions is wrong or impossible for a body."""
    unknown = {name, *row} - set(REPERTOIRE)
    if unknown:
        raise BadRepertoire(
            f"transitions.{name}: unknown behaviour {sorted(unknown)[0]!r}; known: {', '.join(REPERTOIRE)}"
        )
    if any(not 0 <= weight <= MAX_WEIGHT for weight in row.values()) or not sum(row.values()) > 0:
        raise BadRepertoire(
            f"transitions.{name}: weights must be at least 0 and at most {MAX_WEIGHT:.0f}, and one above 0, "
            f"got {dict(row)}"
        )
    asked = [after for after, weight in row.items() if weight > 0]
    beyond = sorted({name, *asked} - able)
    if beyond:
        raise BadRepertoire(
            f"transitions.{name}: this body does not {beyond[0]}; it does {', '.join(sorted(able))}"
        )
    if name == "approach":
        if not set(row) <= {*_MET, "nose-anogenital"}:
            raise BadRepertoire(
                f"transitions.approach: what is approached for is nose-nose, nose-anogenital or huddle, "
                f"got {', '.join(row)}"
            )
        return
    for after in asked:
        if after in _MET:
            raise BadRepertoire(f"transitions.{name}: {after} is begun by an approach; give approach instead")
        if REPERTOIRE[after].social and after != "approach" and not REPERTOIRE[name].social:
            raise BadRepertoire(
                f"transitions.{name}: {after} needs a partner, and {name} has none; give approach instead"
            )
