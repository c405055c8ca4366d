"""The broker of the embedded way to run: kombu's folder of messages, with files that appear whole.

Kombu opens a message's file where workers look for it and writes it then. A worker that looks in between
takes an empty file: the message is lost, and the worker ends with a JSON error. Binding a queue has the same
gap. Here both are written beside their place and renamed into it.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps

DRAFT_SUFFIX = ".draft"


class Channel(filesystem.Channel):
    """Writes messages and tables of bindings so that no reader sees half of one."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        # The name sorts by time, which is the order messages are taken in, and ends as kombu looks for it.
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str | None
    ) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]
        bound = [routing_key or "", pattern or "", queue or ""]
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with _alone(self.control_folder):
            table = [list(entry) for entry in self.get_table(exchange)]
            if bound not in table:
                _write_whole(file, dumps([bound, *table]))


class Transport(filesystem.Transport):
    """For the setting `CELERY_BROKER_TRANSPORT`."""

    Channel = Channel


def _write_whole(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.{uuid.uuid4()}{DRAFT_SUFFIX}")
    try:
        draft.write_text(text)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ChannelError(f"Cannot write {file}: {error.strerror}. Look for room on the disk.") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process binds a queue meanwhile."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
