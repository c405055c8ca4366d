"""The pages app."""

from __future__ import annotations

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Templates, their tags and the views that render them."""

    name = "webapp.pages"
    label = "pages"
