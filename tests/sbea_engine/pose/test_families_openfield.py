"""Each family finds a real mouse, not only blobs: a network can learn these and see nothing in a film."""

from pathlib import Path

import pytest

from sbea_engine.pipelines.pose import load_labels
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.splits import split_holdout

OPENFIELD = Path(__file__).parents[4] / "shared/data/openfield/openfield-Pranav-2018-10-30"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.realdata,
    pytest.mark.skipif(not OPENFIELD.is_dir(), reason="no ../shared/data/openfield beside the repository"),
]


@pytest.mark.parametrize("family", ["deeplabcut", "heatmap_unet", "pose_machine", "pyramid"])
def test_half_the_answers_are_on_the_animal(family: str) -> None:
    labels = load_labels(OPENFIELD)
    split = split_holdout(labels, "block:0-0.2")
    config = PoseConfig(preset="tiny", family=family, threads=1, device="cpu")
    model = create(config).fit(labels.select(split.train))
    test = labels.select(split.test)
    found = evaluate(test, model.predict_sources(test.frames)[0])
    assert found["median_px"] < 40  # a third of its length; an answer anywhere in the frame is 250 px off
