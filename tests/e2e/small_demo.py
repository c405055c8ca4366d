"""`python -m tests.e2e.small_demo [--rig]`: a demo project on small recordings, for the browser tests."""

from __future__ import annotations

import sys

import django

from webapp.config.mode import choose_settings
from webapp.projects.demo_names import TWO_MICE
from workers.demo import DemoPlan, administrator, demo_ensure
from workers.demo_rig import DemoTake, demo_rig_ensure

SECONDS, LABELS = 3.0, 10
RIG = DemoTake(name="two mice", recipe="tiny-dyad", cameras=3, seconds=SECONDS, labels=LABELS, suggested=2)


def main() -> None:
    choose_settings()
    django.setup()
    if "--rig" in sys.argv[1:]:
        demo_rig_ensure(by=administrator(), name=TWO_MICE, take=RIG)
    else:
        demo_ensure(plan=DemoPlan(recipe="tiny", seconds=6, suggested=6))


if __name__ == "__main__":
    main()
