"""What can be exported: labels or predictions, in each format that the engine writes them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from sbea_engine.io.registry import FORMATS, Format
from webapp.results.errors import BadExport

LABELLED_VIDEO = "labelled_video"
"""The kind of file that `films.py` asks for: not of the registry, but to be downloaded like all others."""

LABELS: Literal["labels"] = "labels"
PREDICTIONS: Literal["predictions"] = "predictions"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportKind:
    """One way to export."""

    what: Literal["labels", "predictions"]
    format: Format

    @property
    def name(self) -> str:
        """As jobs, files and the API have it."""
        return f"{self.format.name}_{self.what}"

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.what.capitalize()} as {self.format.title}"

    @property
    def summary(self) -> str:
        """What a person gets, in one sentence."""
        return self.format.labels_note if self.what == LABELS else self.format.poses_note


@cache
def export_kinds() -> Mapping[str, ExportKind]:
    """By name, in the order of the registry."""
    labels = [ExportKind(what=LABELS, format=entry) for entry in FORMATS.values() if entry.write_labels]
    poses = [ExportKind(what=PREDICTIONS, format=entry) for entry in FORMATS.values() if entry.write_poses]
    return {kind.name: kind for kind in (*labels, *poses)}


def export_kind(name: str) -> ExportKind:
    """The kind of that name; raises `BadExport` naming those that exist."""
    kinds = export_kinds()
    if name not in kinds:
        raise BadExport(f"Unknown export {name[:40]!r}; known: {', '.join(kinds)}.")
    return kinds[name]


def export_title(name: str) -> str:
    """For people; the name itself, of a kind that this version does not write any more."""
    if name == LABELLED_VIDEO:
        return "Labelled video"
    kind = export_kinds().get(name)
    return name if kind is None else kind.title


def export_misfit(kind: ExportKind, *, individuals: int) -> str:
    """Why so many individuals cannot be written so; empty where they can."""
    if not kind.format.one_individual or individuals <= 1:
        return ""
    return f"{kind.format.title} holds one animal a file, and here are {individuals}. Choose another format."
