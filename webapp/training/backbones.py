"""Backbones that whoever runs the server has put there for everybody to train on (docs/adr/0032).

A member names one by its folder's name alone: no path, and nothing that would be fetched from elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from webapp.training.errors import BadTraining

PREFIX = "lab:"
CONFIG_FILE = "config.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabBackbone:
    """A network of the package `transformers` in a folder of `SBEA_BACKBONES`.

    Attributes:
        name: Of its folder.
        folder: Where it lies on the server; not for members.
        pretrained: Whether weights lie beside its architecture; without, it starts at random ones.
    """

    name: str
    folder: Path
    pretrained: bool

    @property
    def choice(self) -> str:
        """How a training names it."""
        return f"{PREFIX}{self.name}"

    @property
    def source(self) -> str:
        """How the engine names it."""
        return f"{'folder' if self.pretrained else 'config'}:{self.folder}"


def lab_backbones() -> list[LabBackbone]:
    """Those that are there now, by name; of two of one name the first folder's."""
    found: dict[str, LabBackbone] = {}
    for root in map(Path, settings.SBEA_BACKBONES):
        try:
            folders = list(root.iterdir())
        except OSError:  # gone, or closed to this account, since the start
            continue
        for folder in folders:
            if _NAME.fullmatch(folder.name) and (backbone := _read(folder)) is not None:
                found.setdefault(backbone.name, backbone)
    return [found[name] for name in sorted(found)]


def lab_backbone(choice: str) -> LabBackbone:
    """The one that a training names as `lab:NAME`.

    Raises:
        BadTraining: There is none of that name, now.
    """
    name = choice.removeprefix(PREFIX)
    for backbone in lab_backbones():
        if backbone.name == name:
            return backbone
    raise BadTraining(
        f"There is no backbone {name[:80]!r} among those that whoever runs the server has put there "
        "(SBEA_BACKBONES). Choose another, or ask them to add it."
    )


def _read(folder: Path) -> LabBackbone | None:
    """The backbone in a folder; None where there is none that this account may read."""
    try:
        if not (folder / CONFIG_FILE).is_file():
            return None
        pretrained = any(folder.glob("*.safetensors"))
    except OSError:
        return None
    return LabBackbone(name=folder.name, folder=folder, pretrained=pretrained)
