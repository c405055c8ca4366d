"""`python -m tests.e2e.small_demo`: the demo project on a recording of six seconds, for the browser tests."""

from __future__ import annotations

import django

from webapp.config.mode import choose_settings
from workers.demo import DemoPlan, demo_ensure


def main() -> None:
    choose_settings()
    django.setup()
    demo_ensure(plan=DemoPlan(recipe="tiny", seconds=6, suggested=6))


if __name__ == "__main__":
    main()
