"""Download of export files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from webapp.recordings import storage
from webapp.recordings.access import media_view, person
from webapp.recordings.files import file_response
from webapp.results.selectors import export_get


@require_safe
@media_view
def export(request: HttpRequest, *, export_id: int) -> HttpResponseBase:
    """The file, as an attachment; by byte range where a download is resumed."""
    found = export_get(pk=export_id, visible_to=person(request))
    path = storage.stored_path(found.path)
    kind = "application/zip" if path.suffix == ".zip" else "application/octet-stream"
    response = file_response(
        request, path, content_type=kind, etag=f'"export-{found.pk}"', cache="private, no-cache"
    )
    header = content_disposition_header(as_attachment=True, filename=found.filename)
    response.headers["Content-Disposition"] = header or "attachment"
    return response
