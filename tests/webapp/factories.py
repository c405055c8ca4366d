"""People, projects and jobs as the services make them; for every test of the web."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from django.test import Client

from sbea_engine.data.skeleton import Skeleton
from webapp.accounts.models import Membership, Role, User
from webapp.accounts.services import user_set_may_create_projects
from webapp.jobs.models import Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.projects.services import project_create

PASSWORD = "a long enough passphrase"
MOUSE = Skeleton(
    keypoints=("nose", "left ear", "right ear", "tail base"),
    edges=(("nose", "tail base"),),
    symmetric=(("left ear", "right ear"),),
    heading=("tail base", "nose"),
)
_numbers = count(1)


def make_user(name: str = "person", **fields: Any) -> User:
    """A person who can sign in by password."""
    address = f"{name.replace(' ', '.').lower()}{next(_numbers)}@example.org"
    return User.objects.create_user(address, PASSWORD, name=name, **fields)


def make_project(owner: User | None = None, **fields: Any) -> Project:
    """A project with the mouse skeleton."""
    values: dict[str, Any] = {"name": "Open field", "skeleton": MOUSE, **fields}
    owner = owner or make_user("owner")
    user_set_may_create_projects(user=owner, allowed=True, by=None)
    return project_create(by=owner, **values)


def owner_of(project: Project) -> User:
    """Who created the project."""
    assert project.created_by is not None
    return project.created_by


def add_member(project: Project, role: Role, user: User | None = None) -> User:
    """A member of this role."""
    member = user or make_user(str(role))
    Membership.objects.create(project=project, user=member, role=role)
    return member


def make_job(project: Project | None = None, *, kind: str = JobKind.POSE_TRAIN, **fields: Any) -> Job:
    """A queued job."""
    where = project or make_project()
    return job_start(kind=kind, project=where, params=fields.pop("params", {}), by=None, **fields)


def client_of(user: User) -> Client:
    """A browser in which the person is signed in; it checks CSRF as a real one does."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    """A JSON request with the CSRF header, as the pages send it; returns Django's response."""
    client.cookies["csrftoken"] = "a" * 32
    return client.generic(
        method,
        path,
        data=b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers={"X-CSRFToken": "a" * 32},
    )
