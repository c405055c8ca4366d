"""The API object: every router under /api/v1, documentation for people who are signed in."""

from __future__ import annotations

from importlib import import_module

from django.contrib.auth.decorators import login_required
from ninja import NinjaAPI, Router

from webapp.api.auth import session_auth
from webapp.api.problems import register_problems

ROUTER_MODULES = (
    "webapp.accounts.api",
    "webapp.projects.api",
    "webapp.jobs.api",
    "webapp.recordings.api",
    "webapp.annotation.api",
    "webapp.training.api",
    "webapp.results.api",
    "webapp.results.reconstructions.api",
    "webapp.results.maps.api",
)


def build_api() -> NinjaAPI:
    """The API with the `router` of every app mounted; paths in a router are complete below /v1."""
    api = NinjaAPI(
        title="SBeA Studio",
        version="1",
        description="Projects, recordings, labels, models and jobs. Errors are problem+json.",
        auth=session_auth,
        docs_decorator=login_required,
        urls_namespace="api-1",
    )
    register_problems(api)
    for name in ROUTER_MODULES:
        router = import_module(name).router
        if not isinstance(router, Router):
            raise TypeError(f"{name}.router is {type(router).__name__}, not a ninja Router.")
        api.add_router("/v1", router)
    return api


api = build_api()
