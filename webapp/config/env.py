"""Typed reading of environment variables; every refusal names the variable and the remedy."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off", ""})
_SECRET_BYTES = 48


def text(name: str, default: str | None = None) -> str:
    """The value of a variable; raises `ImproperlyConfigured` when it is unset and has no default."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment of every process.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """A yes/no variable."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.lower() in _TRUE:
        return True
    if raw.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is neither yes nor no. Write 1 or 0.")


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number between two bounds, both included."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from None
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name}={value} is out of range. Write a number from {low} to {high}.")
    return value


def choice(name: str, among: tuple[str, ...]) -> str:
    """One of a few words; the first of them where the variable is unset."""
    value = os.environ.get(name, among[0])
    if value not in among:
        raise ImproperlyConfigured(f"{name}={value!r} is unknown. Write one of: {', '.join(among)}.")
    return value


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list without its empty parts."""
    raw = os.environ.get(name)
    return list(default) if raw is None else [part.strip() for part in raw.split(",") if part.strip()]


def folder(name: str, default: Path) -> Path:
    """An absolute folder, created when missing."""
    path = Path(os.environ.get(name) or default).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}: cannot use folder {path}: {error.strerror}. Point {name} at a folder you may write."
        ) from error
    return path


def private_folder(name: str, default: Path) -> Path:
    """As `folder`, for what only this account may read; made with mode 0700.

    Raises:
        ImproperlyConfigured: It is open to other users, or cannot be made.
    """
    path = Path(os.environ.get(name) or default).expanduser().resolve()
    # Made by hand before `folder` sees it: the mode must be there from the first moment.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700)
    folder(name, path)
    if path.stat().st_mode & 0o077:
        raise ImproperlyConfigured(
            f"{path} is open to other users, who could read every label and video in it. "
            f"Run: chmod 700 {path}"
        )
    return path


def folders(name: str) -> tuple[Path, ...]:
    """Existing folders separated as in PATH, with symbolic links resolved."""
    found = []
    for part in os.environ.get(name, "").split(os.pathsep):
        if not part:
            continue
        path = Path(part).expanduser().resolve()
        if not path.is_dir():
            raise ImproperlyConfigured(f"{name}: {path} is no folder. Correct {name} or create the folder.")
        found.append(path)
    return tuple(found)


def database_url(name: str) -> dict[str, Any]:
    """Django's database settings from `postgresql://user:password@host:port/name?option=value`."""
    url = urlsplit(text(name))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} starts with {url.scheme!r}. Write postgresql://user:password@host:5432/database."
        )
    database = unquote(url.path.lstrip("/"))
    if not database:
        raise ImproperlyConfigured(f"{name} names no database. Add /database to its end.")
    options: dict[str, Any] = dict(parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        # A socket folder cannot stand in the host part of a URL, so `?host=/folder` is read as well.
        "HOST": options.pop("host", None) or url.hostname or "",
        "PORT": str(url.port or ""),
        "OPTIONS": options,
    }


def secret_key(data_root: Path) -> str:
    """`SECRET_KEY` of the environment, else `<data root>/secret_key`, made on first use with mode 0600.

    Raises:
        ImproperlyConfigured: The file is readable by others, or empty.
    """
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    path = data_root / "secret_key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(_SECRET_BYTES))
    if path.stat().st_mode & 0o077:
        raise ImproperlyConfigured(f"{path} is open to other users. Run: chmod 600 {path}")
    key = path.read_text().strip()
    if len(key) < _SECRET_BYTES:
        raise ImproperlyConfigured(
            f"{path} holds no usable key. Delete it; a new one is made at the next start."
        )
    return key


def _write_once(path: Path, content: str) -> None:
    """Create a private file with its content at once; another process that was first wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
