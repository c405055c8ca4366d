"""Addresses of one-time links."""

from __future__ import annotations

from django.urls import path

from webapp.accounts.views import sign_in_link

urlpatterns = [path("link/<str:token>/", sign_in_link, name="sign_in_link")]
