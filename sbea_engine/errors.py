"""Errors of the engine: each has a code, data, and says whether a retry can help."""

from __future__ import annotations

from typing import Any, ClassVar


class EngineError(Exception):
    """Base of all errors that the engine raises on purpose.

    Attributes:
        code: Stable machine-readable name, snake_case.
        permanent: True where a retry with the same input cannot succeed.
        data: What a caller may want to show or log; JSON-serialisable.
    """

    code: ClassVar[str] = "engine_error"
    permanent: ClassVar[bool] = True

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.data: dict[str, Any] = data


class BadInput(EngineError):
    """Input from outside cannot be used. The message names file, place and remedy."""

    code = "bad_input"


class Cancelled(EngineError):
    """Raised by a progress callback to stop the work at the next safe point."""

    code = "cancelled"

    def __init__(self, message: str = "Cancelled on request.", **data: Any) -> None:
        super().__init__(message, **data)
