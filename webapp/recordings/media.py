"""Files of videos: the proxy by byte range, its frame index, the poster and single frames.

Each request is checked against the session and the project's members, or follows within two seconds on one
that was; an address that somebody passes on opens nothing. Paths are made of ids that were looked up, never
of text from the address.
"""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from webapp.api.errors import Invalid, NotFound
from webapp.recordings import storage
from webapp.recordings.access import async_media_view, media_view, person
from webapp.recordings.files import IMMUTABLE, file_response
from webapp.recordings.frames import frame_key, pool
from webapp.recordings.grants import Grant, Grants
from webapp.recordings.models import Video
from webapp.recordings.selectors import video_files_get

_grants = Grants()


@require_safe
@media_view
def proxy(request: HttpRequest, *, video_id: int, version: str) -> HttpResponseBase:
    """The proxy, by byte range: 200, 206, 304 or 416."""
    return _file(request, video_id, version, name="proxy.mp4", content_type="video/mp4")


@require_safe
@media_view
def frame_index(request: HttpRequest, *, video_id: int, version: str) -> HttpResponseBase:
    """The offset, size, key flag and source time of each frame, 24 bytes a frame."""
    return _file(request, video_id, version, name="frames.bin", content_type="application/octet-stream")


@require_safe
@media_view
def poster(request: HttpRequest, *, video_id: int, version: str) -> HttpResponseBase:
    """A small picture from the middle of the video."""
    return _file(request, video_id, version, name="poster.jpg", content_type="image/jpeg")


@require_safe
@async_media_view
async def frame(
    request: HttpRequest, *, video_id: str, version: str, index: str, extension: str
) -> HttpResponseBase:
    """One frame as JPEG or WebP, whole or at a width of the ladder."""
    pk = int(video_id)
    granted = _grants.find(request, pk, version) or await sync_to_async(_let_in)(request, pk, version)
    key = frame_key(
        folder=storage.video_folder(pk),
        version=version,
        index=int(index),
        frame_count=granted.frame_count,
        width=_width(request),
        extension=extension,
    )
    headers = {"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(await pool.get(key), content_type=f"image/{key.format}", headers=headers)


def _file(
    request: HttpRequest, video_id: int, version: str, *, name: str, content_type: str
) -> HttpResponseBase:
    if _grants.find(request, video_id, version) is None:
        _let_in(request, video_id, version)
    path = storage.video_folder(video_id) / name
    return file_response(request, path, content_type=content_type, etag=f'"{version}-{name}"')


def _let_in(request: HttpRequest, video_id: int, version: str) -> Grant:
    """Ask the database who it is and whether they may; raises `NotSignedIn` or `NotFound`."""
    video = video_files_get(pk=video_id, visible_to=person(request))
    if video.state != Video.State.READY or video.proxy_version != version:
        raise NotFound("version of this video")
    return _grants.give(request, video_id, version, frame_count=video.frame_count)


def _width(request: HttpRequest) -> int | None:
    text = request.GET.get("width")
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise Invalid(f"width must be a whole number, not {text[:40]!r}.")
    return int(text)
