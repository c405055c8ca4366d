"""What a person fills in when using a one-time link."""

from __future__ import annotations

from django import forms


class LinkForm(forms.Form):
    """A name and a password for somebody who was invited; nothing for the others."""

    name = forms.CharField(label="Your name", max_length=150, required=False)
    password = forms.CharField(
        label="Choose a password",
        help_text="At least 10 characters. You sign in with your email address and this password.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
