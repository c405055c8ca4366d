"""`manage.py export_openapi`: write the description of the API for the TypeScript generator."""

from __future__ import annotations

from webapp.api.contract import openapi_text
from webapp.api.export import ExportCommand


class Command(ExportCommand):
    """The OpenAPI description of /api/v1."""

    help = "Write the OpenAPI description to a file."
    file_name = "openapi.json"
    text = staticmethod(openapi_text)
