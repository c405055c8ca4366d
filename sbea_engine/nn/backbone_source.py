"""Where a backbone of the package `transformers` comes from, in words that a config can hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from sbea_engine.errors import BadInput
from sbea_engine.nn.card import file_sha256

Kind = Literal["config", "folder", "hub"]

CONFIG_FILE = "config.json"
SOURCES_HELP = (
    "config:PATH (a config.json of transformers, or its folder; random weights), folder:PATH (config.json "
    "and safetensors), or hub:OWNER/NAME[@REVISION]"
)


class BadBackbone(BadInput):
    """A backbone is unknown, its files or its package are missing, or it cannot serve here."""

    code = "bad_backbone"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneSource:
    """One place to take a backbone from.

    Attributes:
        kind: `config`: architecture alone, random weights. `folder`: with its weights. `hub`: both, fetched.
        place: Path, or OWNER/NAME on the hub.
        revision: Branch, tag or commit on the hub; None is its main branch, which may change.
    """

    kind: Kind
    place: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}" + ("" if self.revision is None else f"@{self.revision}")


def parse_source(text: str) -> BackboneSource | None:
    """The source that a text names; None where it begins with no kind of source.

    Raises:
        BadBackbone: It does, and what follows is not a place of that kind.
    """
    kind, colon, place = text.partition(":")
    if not colon or kind not in get_args(Kind):
        return None
    if kind != "hub":
        if not place:
            raise BadBackbone(f"Backbone {text!r}: a path follows after {kind}:.")
        return BackboneSource(kind=kind, place=place)  # type: ignore[arg-type]
    name, _, revision = place.partition("@")
    parts = name.split("/")
    if len(parts) != 2 or not all(parts):
        raise BadBackbone(f"Backbone {text!r}: OWNER/NAME, and @REVISION if wanted, follows after hub:.")
    return BackboneSource(kind="hub", place=name, revision=revision or None)


def files_checksums(source: BackboneSource) -> dict[str, str]:
    """SHA-256 by name of the local files that decide what a backbone is; none for the hub, or where nothing
    is there."""
    path = Path(source.place)
    if source.kind == "hub" or not path.exists():
        return {}
    if path.is_file():
        return {path.name: file_sha256(path)}
    patterns = [CONFIG_FILE, "preprocessor_config.json"]
    if source.kind == "folder":
        patterns.append("*.safetensors")
    files = sorted(file for pattern in patterns for file in path.glob(pattern))
    return {file.name: file_sha256(file) for file in files}
