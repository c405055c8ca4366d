"""A film is its frames and nothing else: whatever else the memory holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.synth.film import FilmWriter

WRITE = """
import sys
from pathlib import Path
from tests.sbea_engine.synth.test_film import write
write(Path(sys.argv[1]))
"""


def write(file: Path) -> None:
    """Ten noisy frames of a disc that wanders, in a picture that is no whole number of macroblocks."""
    rng = np.random.default_rng(3)
    row, column = np.mgrid[:120, :160]
    ground = 90 + 40 * np.sin(column / 23) + 30 * np.cos(row / 17)
    with FilmWriter(file, width=160, height=120, fps=15) as film:
        for tick in range(10):
            disc = np.hypot(row - 60 - 3 * tick, column - 50 - 6 * tick) < 20
            grey = np.where(disc, 30, ground)[..., None]
            film.append((grey + rng.normal(0, 6, (120, 160, 3))).clip(0, 255).astype(np.uint8))


@pytest.mark.slow
def test_same_frames_same_file_whatever_memory_held_before(tmp_path: Path) -> None:
    """glibc fills what is allocated with a byte on request; elsewhere this compares three equal runs."""
    digests = set()
    for byte in ("0", "90", "165"):
        file = tmp_path / f"{byte}.mp4"
        subprocess.run(
            [sys.executable, "-c", WRITE, str(file)],
            env=os.environ | {"MALLOC_PERTURB_": byte},
            cwd=Path(__file__).parents[3],
            check=True,
        )
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1
