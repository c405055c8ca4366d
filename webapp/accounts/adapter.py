"""How django-allauth behaves here: nobody signs up by themselves, and people are shown by name."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from webapp.accounts.models import User


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts come from invitations and from the first administrator's link only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_user_search_fields(self) -> list[str]:
        """Fields that allauth may search people by."""
        return ["email"]

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There is no user name to fill."""


def user_display(user: User) -> str:
    """What other people see of a person."""
    return user.get_full_name()
