"""Addresses of export files and of files of maps, under /media/."""

from __future__ import annotations

from django.urls import path

from webapp.results import media

urlpatterns = [
    path("exports/<int:export_id>/download", media.export, name="media-export"),
    path("maps/<int:map_id>/<str:name>", media.map_file, name="media-map"),
]
