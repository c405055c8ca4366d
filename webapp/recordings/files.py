"""A file of the data root as an HTTP answer, whole or in part."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from webapp.api.errors import NotFound
from webapp.recordings.ranges import RangeNotSatisfiable, if_none_match_has, if_range_matches, parse_range

IMMUTABLE = "private, max-age=31536000, immutable"
# A player reads one group of pictures at a time; that much is answered in one piece.
_ONE_PIECE_BYTES = 1024 * 1024
_PIECE_BYTES = 256 * 1024


def file_response(
    request: HttpRequest, path: Path, *, content_type: str, etag: str, cache: str = IMMUTABLE
) -> HttpResponseBase:
    """Answer with a file: 200, 206 for one byte range, 304 or 416.

    Args:
        etag: Strong entity tag with its quotes; must change whenever the bytes do.

    Raises:
        NotFound: The file is gone.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise NotFound("file") from error
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": cache,
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match_has(request.headers.get("If-None-Match"), etag):
        return HttpResponse(status=304, headers=headers)
    wanted = request.headers.get("Range") if request.method == "GET" else None
    if not if_range_matches(request.headers.get("If-Range"), etag):
        wanted = None
    try:
        part = parse_range(wanted, size)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, length, status = (0, size, 200) if part is None else (part.first, part.length, 206)
    if part is not None:
        headers["Content-Range"] = part.content_range(size)
    headers["Content-Length"] = str(length)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=content_type)
    return _body(path, start, length, status=status, headers=headers, content_type=content_type)


def _body(
    path: Path, start: int, length: int, *, status: int, headers: dict[str, str], content_type: str
) -> HttpResponseBase:
    if length > _ONE_PIECE_BYTES:
        pieces = _pieces(path, start, length)
        return StreamingHttpResponse(pieces, status=status, headers=headers, content_type=content_type)
    with path.open("rb") as file:
        file.seek(start)
        return HttpResponse(file.read(length), status=status, headers=headers, content_type=content_type)


async def _pieces(path: Path, start: int, length: int) -> AsyncIterator[bytes]:
    """The bytes in turn, read off the event loop; a client that goes away stops it."""
    with await asyncio.to_thread(path.open, "rb") as file:
        await asyncio.to_thread(file.seek, start)
        while length > 0:
            piece = await asyncio.to_thread(file.read, min(_PIECE_BYTES, length))
            if not piece:
                return
            length -= len(piece)
            yield piece
