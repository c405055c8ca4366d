"""The criteria by which a frame is worth labelling.

How to add one:
1. Write a function from `Evidence` to `Finding` in a file of its own, with its source in the docstring. It
   gives NaN where it cannot tell, and 0 where it sees no reason to label the frame.
2. Add a line to `CRITERIA`; its name becomes a method that a user can choose.
3. `tests/sbea_engine/pose/choosing/test_criteria.py` runs over all criteria: make it pass.
4. Say in `docs/science/pose-choosing-frames.md` what it does and what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sbea_engine.pose.choosing.coverage import appearance, coverage
from sbea_engine.pose.choosing.disagreement import disagreement
from sbea_engine.pose.choosing.evidence import Evidence
from sbea_engine.pose.choosing.finding import Finding
from sbea_engine.pose.choosing.fitting import fitting
from sbea_engine.pose.choosing.jump import jump
from sbea_engine.pose.choosing.limbs import limbs
from sbea_engine.pose.choosing.reprojection import reprojection
from sbea_engine.pose.choosing.uncertain import uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One reason to label a frame.

    Attributes:
        score: From what is known of a video to a finding.
        weight: In the combined method. Set before anything was measured: whole for what says directly that
            the answer is wrong or new, half for what says it in part of the cases only.
    """

    score: Callable[[Evidence], Finding]
    weight: float


CRITERIA: Mapping[str, Criterion] = {
    "uncertain": Criterion(score=uncertain, weight=1.0),
    "disagreement": Criterion(score=disagreement, weight=1.0),
    "reprojection": Criterion(score=reprojection, weight=1.0),
    "coverage": Criterion(score=coverage, weight=1.0),
    "appearance": Criterion(score=appearance, weight=0.5),
    "jump": Criterion(score=jump, weight=0.5),
    "fitting": Criterion(score=fitting, weight=0.5),
    "limbs": Criterion(score=limbs, weight=0.5),
}
