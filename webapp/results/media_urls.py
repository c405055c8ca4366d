"""Addresses of export files, under /media/."""

from __future__ import annotations

from django.urls import path

from webapp.results import media

urlpatterns = [path("exports/<int:export_id>/download", media.export, name="media-export")]
