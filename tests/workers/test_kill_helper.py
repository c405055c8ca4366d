"""Two workers share a long prediction and one is killed: its range is done again, the numbers stay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workers.studio import Studio, kill, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FRAMES = 7000
"""Four ranges, the last one shorter."""


@pytest.mark.parametrize("studio", ["embedded"], indirect=True)
def test_the_range_of_a_killed_helper_is_done_again(studio: Studio) -> None:
    made: dict[str, Any] = studio.ask("predict", frames=FRAMES)
    job = made["job"]
    studio.environment["SBEA_TASK_MODULES"] += ",tests.workers.slow_ranges"
    workers = [studio.start_worker(), studio.start_worker()]

    def helper() -> int | None:
        """The process of somebody who helps and is in the middle of a range."""
        leader = studio.ask("look", job=job)["worker"]
        for row in studio.ask("ranges", job=job):
            process = row["holder"].rsplit(":", 1)[0].rsplit(":", 1)[-1] if row["holder"] else ""
            mine = process and process != leader.rsplit(":", 1)[0].rsplit(":", 1)[-1]
            if mine and not row["finished"] and row["frames_done"] > 0:
                return int(process)
        return None

    pid = wait_for(helper, "help", within_s=300)
    [killed] = [worker for worker in workers if worker.pid == pid]
    kill(killed)

    wait_for(lambda: studio.ask("look", job=job)["state"] in {"done", "failed"}, "the end", within_s=500)
    row = studio.ask("look", job=job)
    assert (row["state"], row["attempt"]) == ("done", 1), row["error"]
    assert studio.ask("ranges", job=job) == []
    alone = str(studio.folder / "alone")
    assert studio.ask("furthest", result=made["result"], alone=alone) == {"frames": FRAMES, "px": 0.0}
