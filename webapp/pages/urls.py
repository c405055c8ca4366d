"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from webapp.pages import views

urlpatterns = [
    path("", views.projects, name="projects"),
    path("projects/new/", views.new_project, name="new-project"),
    path("projects/<slug:slug>/", views.home, name="project-home"),
    path("projects/<slug:slug>/recordings/", views.recordings, name="recordings"),
    path("projects/<slug:slug>/label/", views.label, name="label"),
    path("projects/<slug:slug>/videos/<int:video_id>/studio/", views.studio, name="studio"),
    path("projects/<slug:slug>/models/", views.models, name="models"),
    path("projects/<slug:slug>/models/<int:model_id>/", views.model, name="model"),
    path("projects/<slug:slug>/results/", views.results, name="results"),
    path(
        "projects/<slug:slug>/reconstructions/<int:reconstruction_id>/",
        views.reconstruction,
        name="reconstruction",
    ),
    path("projects/<slug:slug>/jobs/", views.jobs, name="jobs"),
    path("projects/<slug:slug>/people/", views.people, name="people"),
]
