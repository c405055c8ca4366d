"""A worker is killed in the middle of a real training: another one goes on from its checkpoint, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from tests.workers.studio import Studio, kill, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]

ITERATIONS = 400


def iterations_saved(checkpoint: Path) -> int:
    """How far the checkpoint on disk is."""
    with safe_open(checkpoint, framework="pt") as file:
        return int(json.loads(file.metadata()["sbea"])["iteration"])


@pytest.mark.parametrize("studio", ["embedded"], indirect=True)
def test_training_goes_on_from_its_checkpoint_on_a_new_worker(studio: Studio) -> None:
    made: dict[str, Any] = studio.ask("train", iterations=ITERATIONS)
    job = made["job"]
    first = studio.start_worker()
    checkpoint = studio.folder / "jobs" / job / "checkpoint" / "coarse" / "latest.safetensors"
    wait_for(checkpoint.exists, "a checkpoint")
    kill(first)
    saved = iterations_saved(checkpoint)
    assert 0 < saved < ITERATIONS

    studio.start_worker()
    wait_for(lambda: studio.ask("look", job=job)["state"] in {"done", "failed"}, "the end", within_s=300)
    row = studio.ask("look", job=job)
    assert (row["state"], row["attempt"], row["states"].count("done")) == ("done", 2, 1), row["error"]
    resumed = [step for attempt, step in studio.ask("training_steps", job=job) if attempt == 2]
    assert resumed[0] > saved, "it did not start over"
    assert resumed[-1] == ITERATIONS
    assert studio.ask("model", model=made["model"]) == {"state": "ready", "iterations": ITERATIONS}
