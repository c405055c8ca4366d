"""The page behind a one-time link. Opening it changes nothing: link previews and scanners open links."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from webapp.accounts.errors import BadPassword, LinkNotUsable
from webapp.accounts.forms import LinkForm
from webapp.accounts.links import link_find, link_use
from webapp.accounts.models import SignInLink

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show whom the link signs in; a POST signs in and uses the link up."""
    try:
        link = link_find(token)
    except LinkNotUsable as error:
        return render(request, "accounts/link.html", {"problem": str(error)}, status=error.status)
    invited = link.purpose == SignInLink.Purpose.INVITATION
    form = LinkForm(request.POST or None) if invited else None
    if request.method == "POST" and (form is None or form.is_valid()):
        given = form.cleaned_data if form else {}
        try:
            user = link_use(token=token, **given)
        except BadPassword as error:
            assert form is not None
            form.add_error("password", str(error))
        except LinkNotUsable as error:
            return render(request, "accounts/link.html", {"problem": str(error)}, status=error.status)
        else:
            login(request, user, backend=BACKEND)
            return redirect("/")
    status = 200 if request.method == "GET" else 422
    return render(request, "accounts/link.html", {"link": link, "form": form}, status=status)
