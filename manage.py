#!/usr/bin/env python
"""Django's command line; `python manage.py up` starts everything on one machine."""

from __future__ import annotations

import sys

from webapp.config.mode import choose_settings


def main() -> None:
    """Choose the settings and run the command."""
    choose_settings()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
