"""Reads of maps of poses, limited to what the asker may see."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field

from django.db.models import QuerySet

from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.results.errors import MapDamaged
from webapp.results.models import PoseMap

TABLE = "map.csv"
_FIXED = ("video", "frame", "individual", "x", "y", "cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """The dots of a map, a list entry each; `numbers` are by name with their unit, None where not known."""

    frame: list[int] = field(default_factory=list)
    individual: list[str] = field(default_factory=list)
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    cluster: list[int] = field(default_factory=list)
    numbers: dict[tuple[str, str], list[float | None]] = field(default_factory=dict)


def pose_map_list(*, visible_to: User, project: Project | None = None) -> QuerySet[PoseMap]:
    """Maps in the projects that the user is a member of, newest first."""
    found = PoseMap.objects.filter(project__memberships__user=visible_to)
    if project is not None:
        found = found.filter(project=project)
    return found.select_related("project", "job", "result__model", "result__video__recording")


def pose_map_get(*, pk: int, visible_to: User) -> PoseMap:
    """One map; raises `NotFound` where it is not there or not the user's to see."""
    found = pose_map_list(visible_to=visible_to).filter(pk=pk).first()
    if found is None:
        raise NotFound("map")
    return found


def pose_map_points(*, found: PoseMap) -> Points:
    """The dots of a map, from its table.

    Raises:
        MapDamaged: The table is gone or damaged.
    """
    try:
        with (storage.stored_path(found.folder) / TABLE).open(encoding="utf-8", newline="") as text:
            return _read(csv.DictReader(text))
    except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise MapDamaged(
            "The table of this map is gone or damaged. Delete the map and make it again."
        ) from error


def _read(rows: csv.DictReader[str]) -> Points:
    points = Points()
    titles = [title for title in rows.fieldnames or () if title not in _FIXED]
    names = {title: _name_and_unit(title) for title in titles}
    for key in names.values():
        points.numbers[key] = []
    for row in rows:
        points.frame.append(int(row["frame"]))
        points.individual.append(row["individual"])
        points.x.append(_finite(row["x"]))
        points.y.append(_finite(row["y"]))
        points.cluster.append(int(row["cluster"]))
        for title, key in names.items():
            points.numbers[key].append(_finite(row[title]) if row[title] else None)
    return points


def _name_and_unit(title: str) -> tuple[str, str]:
    name, _, unit = title.rpartition(" [")
    return name, unit.removesuffix("]")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
