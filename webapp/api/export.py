"""What the two export commands share: one text, one default file beside the TypeScript that uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


def contract_file(name: str) -> Path:
    """Where a generated description is committed."""
    return Path(settings.BASE_DIR) / "frontend" / "src" / "api" / name


class ExportCommand(BaseCommand):
    """Writes a generated text; a test compares the committed file with the code.

    Attributes:
        file_name: Of the committed file.
        text: Makes the content.
    """

    file_name: ClassVar[str]
    text: ClassVar[Callable[[], str]]

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to write."""
        parser.add_argument("--out", type=Path, default=contract_file(self.file_name))

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        out: Path = options["out"]
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(type(self).text())
        self.stderr.write(f"Wrote {out}")
