"""Messages and bindings of the embedded broker appear whole, or not at all."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from webapp.jobs.file_broker import Channel, Transport


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "messages").mkdir()
    return tmp_path


@pytest.fixture
def channel(folder: Path) -> Iterator[Channel]:
    with _connection(folder) as connection:
        yield _channel(connection)


def _connection(folder: Path) -> Connection:
    places = {name: str(folder / "messages") for name in ("data_folder_in", "data_folder_out")}
    options = places | {"control_folder": str(folder / "control")}
    return Connection("filesystem://localhost//", transport=Transport, transport_options=options)


def _channel(connection: Connection) -> Channel:
    channel = connection.channel()
    assert isinstance(channel, Channel)
    return channel


def test_a_reader_finds_nothing_until_the_whole_message_is_there(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    replace = Path.replace

    def look_and_replace(draft: Path, file: Path) -> Path:
        with pytest.raises(Empty):
            channel._get("gpu")
        looked.append(json.loads(draft.read_text()))
        return replace(draft, file)

    monkeypatch.setattr(Path, "replace", look_and_replace)
    channel._put("gpu", {"body": "first"})
    assert looked == [{"body": "first"}]
    assert channel._get("gpu") == {"body": "first"}
    with pytest.raises(Empty):
        channel._get("gpu")


def test_messages_are_taken_by_queue_and_all_of_them(channel: Channel, folder: Path) -> None:
    for number in range(5):
        channel._put("gpu", {"number": number})
        channel._put("cpu", {"number": -number})
    assert channel._size("gpu") == 5
    assert sorted(channel._get("gpu")["number"] for _ in range(5)) == [0, 1, 2, 3, 4]
    assert channel._size("cpu") == 5
    assert channel._purge("cpu") == 5
    assert list((folder / "messages").iterdir()) == []


def test_what_did_not_fit_on_the_disk_leaves_nothing(
    channel: Channel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(draft: Path, text: str, *_: Any) -> int:
        with draft.open("w") as file:
            file.write(text[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(ChannelError, match=r"gpu\.msg: No space left on device\. Look for room"):
        channel._put("gpu", {"body": "x"})
    assert list((folder / "messages").iterdir()) == []


def test_all_who_bind_at_once_are_bound(folder: Path) -> None:
    def bind(number: int) -> None:
        with _connection(folder) as connection:
            _channel(connection)._queue_bind("work", f"key{number}", "", f"queue{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bind, [*range(16), *range(16)]))
    with _connection(folder) as connection:
        table = _channel(connection).get_table("work")
    assert {(entry.routing_key, entry.queue) for entry in table} == {
        (f"key{number}", f"queue{number}") for number in range(16)
    }
    assert len(table) == 16


def test_the_embedded_settings_name_it() -> None:
    from webapp.config.settings import embedded

    assert f"{Transport.__module__}:{Transport.__name__}" == embedded.CELERY_BROKER_TRANSPORT
