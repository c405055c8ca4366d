"""The project and the two things every label refers to: its skeleton and its animals."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sbea_engine.data.skeleton import Skeleton as SkeletonNoun


class Project(models.Model):
    """What a group of people works on together; the border of every permission."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    description = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False)
    # Whether nobody, and so no network, can say by their looks which animal is which.
    animals_look_alike = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def skeleton(self) -> Skeleton:
        """The current skeleton, which is the one of the highest version."""
        return self.skeletons.latest("version")


class Skeleton(models.Model):
    """One version of a project's keypoints; never changed once written."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="skeletons")
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["project", "version"]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="projects_skeleton_version_once")
        ]

    def __str__(self) -> str:
        return f"skeleton {self.version} of {self.project_id}"

    @property
    def noun(self) -> SkeletonNoun:
        """The engine's validated form."""
        return SkeletonNoun.from_dict(self.definition)


class Animal(models.Model):
    """A living subject across recordings; its slot is its place on the individual axis."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="animals")
    name = models.CharField(max_length=80)
    slot = models.PositiveSmallIntegerField()
    colour = models.CharField(max_length=7)

    class Meta:
        ordering = ["project", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["project", "slot"], name="projects_animal_slot_once"),
            models.UniqueConstraint(fields=["project", "name"], name="projects_animal_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
