"""Each family learns a small scene; how well beside the plain baseline, not beside itself."""

import numpy as np
import pytest

from sbea_engine.data import LabelSet
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import FAMILIES, create
from sbea_engine.pose.metrics import evaluate


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_answers_are_nearer_than_the_mean_pose(family: str, scene: LabelSet, other_scene: LabelSet) -> None:
    model = create(PoseConfig(preset="tiny", family=family, threads=1, device="cpu")).fit(scene)
    points, _ = model.predict_sources(other_scene.frames)
    mean = np.broadcast_to(np.nanmean(scene.points_px, axis=0), points.shape).astype(np.float32)
    baseline = evaluate(other_scene, mean)["by_keypoint"]
    found = evaluate(other_scene, points)["by_keypoint"]
    assert baseline["nose"]["mean_px"] > 15
    assert found["nose"]["mean_px"] < 0.5 * baseline["nose"]["mean_px"]
