"""A window of numbers as an HTTP answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from django.http import HttpRequest, HttpResponse
from numpy.typing import NDArray

from webapp.recordings.ranges import if_none_match_has


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Values of consecutive frames or ticks as little-endian float32; NaN where there is no answer (yet).

    Attributes:
        body: The bytes.
        shape: Of the body; the first axis is the frame or tick.
        start: Frame or tick of the first row.
        etag: Strong entity tag of these bytes.
    """

    body: bytes
    shape: tuple[int, ...]
    start: int
    etag: str

    @classmethod
    def of(cls, values: NDArray[np.float32], start: int) -> Window:
        """The bytes of an array whose first row is `start`."""
        body = values.astype("<f4").tobytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        return cls(body=body, shape=values.shape, start=start, etag=etag)


def window_response(request: HttpRequest, window: Window) -> HttpResponse:
    """The bytes, or 304 where the client has them; `X-Shape` and `X-Start` say what they are."""
    headers = {
        "ETag": window.etag,
        "Cache-Control": "private, no-cache",
        "X-Shape": ",".join(map(str, window.shape)),
        "X-Start": str(window.start),
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match_has(request.headers.get("If-None-Match"), window.etag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(window.body, content_type="application/octet-stream", headers=headers)
