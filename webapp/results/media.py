"""Download of export files, and of the files of maps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from webapp.api.errors import NotFound
from webapp.recordings import storage
from webapp.recordings.access import media_view, person
from webapp.recordings.files import file_response
from webapp.results.maps.selectors import pose_map_get
from webapp.results.selectors import export_get

_EXPORT_TYPES = {".zip": "application/zip", ".mp4": "video/mp4"}


@require_safe
@media_view
def export(request: HttpRequest, *, export_id: int) -> HttpResponseBase:
    """The file, as an attachment; by byte range where a download is resumed."""
    found = export_get(pk=export_id, visible_to=person(request))
    path = storage.stored_path(found.path)
    kind = _EXPORT_TYPES.get(path.suffix, "application/octet-stream")
    response = file_response(
        request, path, content_type=kind, etag=f'"export-{found.pk}"', cache="private, no-cache"
    )
    header = content_disposition_header(as_attachment=True, filename=found.filename)
    response.headers["Content-Disposition"] = header or "attachment"
    return response


_MAP_TYPES = {".png": "image/png", ".csv": "text/csv; charset=utf-8", ".json": "application/json"}


@require_safe
@media_view
def map_file(request: HttpRequest, *, map_id: int, name: str) -> HttpResponseBase:
    """A picture of a map to show, or its table as an attachment; only names that the map lists."""
    found = pose_map_get(pk=map_id, visible_to=person(request))
    path = storage.stored_path(found.folder) / name
    content_type = _MAP_TYPES.get(path.suffix)
    if name not in found.files or content_type is None:
        raise NotFound("file")
    response = file_response(
        request, path, content_type=content_type, etag=f'"map-{found.pk}-{name}"', cache="private, no-cache"
    )
    if path.suffix != ".png":
        header = content_disposition_header(as_attachment=True, filename=name)
        response.headers["Content-Disposition"] = header or "attachment"
    return response
