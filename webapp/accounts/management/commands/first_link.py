"""`manage.py first_link`: print a one-time sign-in link for the administrator."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts.links import NewLink, first_admin_link, link_create
from webapp.accounts.models import SignInLink, User


class Command(BaseCommand):
    """Makes the first administrator where there is none."""

    help = "Print a one-time sign-in link for the administrator, or for a person by --email."

    def add_arguments(self, parser: CommandParser) -> None:
        """The address that the link starts with, and whom it is for."""
        parser.add_argument("--base-url", default="http://127.0.0.1:8000", help="address of the site")
        parser.add_argument("--email", help="make the link for this person, who lost the password")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the link, and nothing else, so that scripts can use it."""
        new = person_link(options["email"]) if options["email"] else first_admin_link()
        self.stdout.write(options["base_url"].rstrip("/") + new.path)


def person_link(email: str) -> NewLink:
    """A link for an existing person; only the command line can make one for somebody else."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise CommandError(f"Nobody here has the address {email!r}. Check its spelling.")
    return link_create(user=user, purpose=SignInLink.Purpose.SIGN_IN, by=None)
