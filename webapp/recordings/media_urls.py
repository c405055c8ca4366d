"""Addresses of media files, under /media/."""

from __future__ import annotations

from django.urls import include, path, re_path

from webapp.recordings import media

# The version names the bytes, so an address never changes its content.
_VIDEO = "videos/<int:video_id>/<slug:version>/"

urlpatterns = [
    path(_VIDEO + "proxy.mp4", media.proxy, name="media-proxy"),
    path(_VIDEO + "frames.bin", media.frame_index, name="media-index"),
    path(_VIDEO + "poster.jpg", media.poster, name="media-poster"),
    re_path(
        r"^videos/(?P<video_id>\d{1,18})/(?P<version>[\w-]+)/frames/(?P<index>\d{1,9})\.(?P<extension>jpg|webp)$",
        media.frame,
        name="media-frame",
    ),
    path("", include("webapp.results.media_urls")),
]
