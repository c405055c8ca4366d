"""One-time sign-in links: made, looked at, used once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from webapp.accounts.errors import BadPassword, LinkNotUsable
from webapp.accounts.models import SignInLink, User

LIFETIME = {
    SignInLink.Purpose.FIRST_ADMIN: timedelta(hours=24),
    SignInLink.Purpose.SIGN_IN: timedelta(hours=24),
    SignInLink.Purpose.INVITATION: timedelta(days=7),
}
FIRST_ADMIN_EMAIL = "admin@localhost"
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link together with its token, which is known only now."""

    link: SignInLink
    token: str

    @property
    def path(self) -> str:
        """The address on this site."""
        return f"/link/{self.token}/"


def link_create(*, user: User, purpose: SignInLink.Purpose, by: User | None) -> NewLink:
    """Make a link for a person; the database keeps only the token's hash."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    link = SignInLink.objects.create(
        user=user,
        token_hash=_hash(token),
        purpose=purpose,
        created_by=by,
        expires_at=timezone.now() + LIFETIME[purpose],
    )
    return NewLink(link, token)


def link_find(token: str) -> SignInLink:
    """The link that `link_use` would accept now; reading it does not use it up.

    Raises:
        LinkNotUsable: Unknown, used, expired, or the person was shut out.
    """
    usable = SignInLink.objects.filter(
        token_hash=_hash(token), used_at=None, expires_at__gt=timezone.now(), user__is_active=True
    )
    link = usable.select_related("user").first()
    if link is None:
        raise LinkNotUsable("This link was used already, or has expired. Ask for a new one.")
    return link


@transaction.atomic
def link_use(*, token: str, name: str = "", password: str = "") -> User:
    """Use the link up and return the person to sign in.

    Args:
        token: From the address.
        name: What others shall see; kept as it was where empty.
        password: Set where given, after the usual checks.

    Raises:
        LinkNotUsable: As in `link_find`; of two users of one link one gets this.
        BadPassword: Too weak; the link stays usable.
    """
    link = link_find(token)
    user = link.user
    if password:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise BadPassword(" ".join(error.messages)) from error
        user.set_password(password)
    if name.strip():
        user.name = name.strip()[:150]
    if not SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()):
        raise LinkNotUsable("This link was used already, or has expired. Ask for a new one.")
    user.save(update_fields=["name", "password"])
    return user


def invitations_end(*, user_ids: Iterable[int]) -> None:
    """End the open invitations of people who are in no project any more: what they led to is gone."""
    gone = User.objects.filter(pk__in=user_ids, memberships=None)
    SignInLink.objects.filter(user__in=gone, purpose=SignInLink.Purpose.INVITATION, used_at=None).delete()


@transaction.atomic
def first_admin_link() -> NewLink:
    """A link for the site's administrator, who is created where there is none yet.

    Only the command line offers this: whoever can run it owns the database anyway.
    """
    admin = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if admin is None:
        admin = User.objects.create_superuser(FIRST_ADMIN_EMAIL, name="Administrator")
        return link_create(user=admin, purpose=SignInLink.Purpose.FIRST_ADMIN, by=None)
    return link_create(user=admin, purpose=SignInLink.Purpose.SIGN_IN, by=None)


def _hash(token: str) -> str:
    # The token has 256 random bits, so a plain hash is enough; a slow one would only help guessable secrets.
    return hashlib.sha256(token.encode()).hexdigest()
