"""The one swapped label of a real project, found by networks that had not seen it."""

from pathlib import Path

import numpy as np
import pytest

from sbea_engine.io.deeplabcut import read_project
from sbea_engine.pose.agreement import answers_logit
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.ensemble import PoseEnsemble
from sbea_engine.pose.suspects import find_suspects

PROJECT = Path(__file__).parents[4] / "shared" / "data" / "openfield" / "openfield-Pranav-2018-10-30"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not PROJECT.is_dir(), reason="../shared/data/openfield is not on this computer"),
]


@pytest.mark.timeout(3600)
def test_the_ears_of_img0102_are_swapped() -> None:
    labels = read_project(PROJECT).labels
    config = PoseConfig(
        preset="fast", family="pose_machine", iterations=150, threads=1, device="cpu", members=3
    )
    model = PoseEnsemble(config).fit(labels)
    radius = model.calibration_.radius_px
    agreed = model.out_of_fold_.consensus(radius)
    trust = model.calibration_.apply(answers_logit(model.out_of_fold_.confidence), agreed.spread_px)
    found = find_suspects(labels, agreed.points_px.astype(np.float32), trust, radius)
    names = {labels.frames[s.index].path.stem for s in found if s.kind == "left/right swapped"}
    assert "img0102" in names
    assert len(found) < 12
