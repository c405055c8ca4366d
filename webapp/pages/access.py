"""From an address to a project that this person may see, in the words that a page needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from webapp.accounts.capabilities import Capability, capabilities
from webapp.accounts.models import User
from webapp.api.errors import Forbidden, NotFound
from webapp.projects.models import Project
from webapp.projects.selectors import project_by_slug

NAVIGATION = (
    ("home", "Home", "project-home"),
    ("recordings", "Recordings", "recordings"),
    ("label", "Label", "label"),
    ("models", "Models", "models"),
    ("results", "Results", "results"),
    ("jobs", "Jobs", "jobs"),
    ("people", "People", "people"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person in one project."""

    user: User
    project: Project
    capabilities: frozenset[Capability]

    def need(self, capability: Capability, reason: str) -> None:
        """Refuse the page, in words fit to show, where the role does not allow it."""
        if capability not in self.capabilities:
            raise PermissionDenied(reason)

    def need_own(self, project_id: int) -> None:
        """Refuse a thing of another project under this project's address, even to a member of both."""
        if project_id != self.project.pk:
            raise Http404("not of this project")

    def urls(self) -> dict[str, str]:
        """Addresses that islands link to; a `0` stands where they put an id."""
        slug = self.project.slug
        pages = {key: reverse(name, args=[slug]) for key, _, name in NAVIGATION}
        return pages | {
            "model": reverse("model", args=[slug, 0]),
            "studio": reverse("studio", args=[slug, 0]),
            "reconstruction": reverse("reconstruction", args=[slug, 0]),
        }

    def props(self, **more: Any) -> dict[str, Any]:
        """What every island of a project page is given."""
        return {
            "projectId": self.project.pk,
            "projectName": self.project.name,
            "isDemo": self.project.is_demo,
            "userId": self.user.pk,
            "capabilities": sorted(self.capabilities),
            "urls": self.urls(),
            **more,
        }

    def context(self, page: str, **more: Any) -> dict[str, Any]:
        """What `base.html` needs, and the island's props."""
        urls = self.urls()
        return {
            "project": self.project,
            "page": page,
            "navigation": [{"key": key, "label": label, "url": urls[key]} for key, label, _ in NAVIGATION],
            "chip": {"projectId": self.project.pk, "jobsUrl": urls["jobs"]},
            "props": self.props(**more),
        }


ProjectView = Callable[..., HttpResponseBase]


def project_page(view: ProjectView) -> ProjectView:
    """Sign-in first, then the project by its slug; a stranger gets the same 404 as a mistyped address."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        assert isinstance(user, User)
        try:
            project = project_by_slug(slug=slug, visible_to=user)
            visit = Visit(user=user, project=project, capabilities=capabilities(user, project))
            return view(request, visit, **kwargs)
        except NotFound as error:
            raise Http404(str(error)) from error
        except Forbidden as error:
            raise PermissionDenied(str(error)) from error

    return guarded


def island(request: HttpRequest, visit: Visit, page: str, **props: Any) -> HttpResponseBase:
    """Render `pages/<page>.html` with the island's props."""
    return render(request, f"pages/{page}.html", visit.context(page, **props))
