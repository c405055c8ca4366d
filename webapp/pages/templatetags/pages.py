"""The few things that a page template cannot say in Django's own words."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

THEMES = ("light", "dark")


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str | SafeString:
    """The `data-theme` attribute that the person chose; nothing where the system decides.

    The page script keeps the choice in a cookie, so the first byte already has the right colours.
    """
    request = context.get("request")
    chosen = request.COOKIES.get("sbea_theme") if request is not None else None
    return format_html(' data-theme="{}"', chosen) if chosen in THEMES else ""


@register.filter
def props(value: Any) -> str:
    """JSON for a `data-props` attribute. Not marked safe, so the template escapes the quotes."""
    return json.dumps(value, cls=DjangoJSONEncoder, separators=(",", ":"))


@register.simple_tag
def current(key: str, page: str | None) -> str | SafeString:
    """`aria-current` on the entry of the navigation that is this page."""
    return format_html(' aria-current="{}"', "page") if key == page else ""
