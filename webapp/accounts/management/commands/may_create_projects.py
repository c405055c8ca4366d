"""`manage.py may_create_projects EMAIL`: give an account the right to create projects, or take it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts.errors import AdministratorsRight
from webapp.accounts.models import User
from webapp.accounts.services import user_set_may_create_projects


class Command(BaseCommand):
    """For whoever runs the server; in the browser an administrator does it on the People page."""

    help = "Let a person create projects, or with --take no longer."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose right, and which way."""
        parser.add_argument("email", help="address of the account")
        parser.add_argument("--take", action="store_true", help="take the right instead of giving it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Change the right and say what holds now."""
        email, allowed = options["email"].strip().lower(), not options["take"]
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {email!r}. Check its spelling.")
        try:
            user_set_may_create_projects(user=user, allowed=allowed, by=None)
        except AdministratorsRight as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{email} {'may' if allowed else 'may not'} create projects.")
