"""Every address of the site: pages, sign-in, the API and the media files."""

from __future__ import annotations

from django.urls import include, path

from webapp.api.health import healthz
from webapp.api.root import api

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("sign-in/", include("webapp.accounts.sign_in_urls")),
    path("api/", api.urls),
    path("media/", include("webapp.recordings.media_urls")),
    path("", include("webapp.accounts.urls")),
    path("", include("webapp.pages.urls")),
]
