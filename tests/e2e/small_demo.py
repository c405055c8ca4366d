"""`python -m tests.e2e.small_demo [--rig]`: a demo project on small recordings, for the browser tests."""

from __future__ import annotations

import sys

import django

from webapp.config.mode import choose_settings
from workers.demo import DemoPlan, administrator, demo_ensure
from workers.demo_rig import DemoTake, demo_rig_ensure

SECONDS, LABELS = 3.0, 10
TAKES = (
    DemoTake(name="one mouse", recipe="tiny", cameras=3, seconds=SECONDS, labels=LABELS, suggested=2),
    DemoTake(name="two mice", recipe="tiny-dyad", cameras=3, seconds=SECONDS, labels=LABELS, suggested=2),
)


def main() -> None:
    choose_settings()
    django.setup()
    if "--rig" in sys.argv[1:]:
        demo_rig_ensure(by=administrator(), takes=TAKES)
    else:
        demo_ensure(plan=DemoPlan(recipe="tiny", seconds=6, suggested=6))


if __name__ == "__main__":
    main()
