"""A stream with context says what each window says by itself, and encodes each frame once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from sbea_engine.data import Skeleton
from sbea_engine.errors import BadInput
from sbea_engine.pose import inference
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.context_clips import locate_clip, locate_middle
from sbea_engine.pose.frames import Image
from sbea_engine.pose.inference import Located, joined
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.neighbours import window
from sbea_engine.pose.training import build_model

SKELETON = Skeleton(keypoints=("nose", "tail"))
SIZE = (40, 56)


def network(family: str) -> PoseNetwork:
    """One whose maps have peaks and whose context has learned something, if nothing sensible."""
    config = PoseConfig(preset="tiny", family=family, context_frames=2, seed=4)
    model = build_model(SKELETON, 1, config)
    assert model.context is not None
    torch.manual_seed(7)
    torch.nn.init.normal_(model.context.found.weight, std=0.3)
    with torch.no_grad():
        model.maps.weight.mul_(20)  # type: ignore[operator, union-attr]
    return model.eval()


def exact(model: PoseNetwork) -> PoseNetwork:
    """In double precision, so that how frames are put together leaves no trace in the last digits."""
    model.double().backbone.register_forward_pre_hook(lambda _, inputs: (inputs[0].double(),))
    return model


def film(count: int) -> list[Image]:
    rng = np.random.default_rng(2)
    return [rng.integers(0, 256, SIZE, dtype=np.uint8) for _ in range(count)]


def whole(parts: list[Located]) -> Located:
    return joined(parts)


@pytest.mark.parametrize("family", ["heatmap_unet", "pyramid"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 11])
@pytest.mark.parametrize("at_once", [1, 3, 64])
def test_a_stream_says_what_each_window_says(
    family: str, count: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "MAX_BATCH_PIXELS", at_once * SIZE[0] * SIZE[1])
    model, images = exact(network(family)), film(count)
    stream = whole(list(locate_clip(model, iter(images))))
    alone = whole([locate_middle(model, [images[j] for j in window(i, 2, count)]) for i in range(count)])
    np.testing.assert_allclose(stream.points_px, alone.points_px, rtol=0, atol=1e-5)
    trust, alone_trust = expit(stream.confidence_logit), expit(alone.confidence_logit)
    np.testing.assert_allclose(trust, alone_trust, rtol=0, atol=1e-5)


def test_neighbours_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    model, images = network("pyramid"), film(5)
    still = locate_middle(model, [images[2]] * 5)
    moving = locate_middle(model, images)
    assert np.abs(still.confidence_logit - moving.confidence_logit).max() > 1e-3


def test_each_frame_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_BATCH_PIXELS", 3 * SIZE[0] * SIZE[1])
    model, encoded = network("heatmap_unet"), []
    model.backbone.register_forward_hook(lambda _, inputs, __: encoded.append(len(inputs[0])))
    assert len(whole(list(locate_clip(model, iter(film(11))))).points_px) == 11
    assert sum(encoded) == 11


def test_answers_lag_by_no_more_than_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_BATCH_PIXELS", 1)
    parts = [len(found.points_px) for found in locate_clip(network("pyramid"), iter(film(6)))]
    assert parts == [1, 1, 1, 1, 2]


def test_frames_of_two_sizes_are_no_video() -> None:
    images = [*film(3), np.zeros((32, 32), np.uint8)]
    with pytest.raises(BadInput, match="one size"):
        list(locate_clip(network("pyramid"), iter(images)))


def test_nothing_is_answered_with_nothing() -> None:
    assert list(locate_clip(network("pyramid"), iter([]))) == []
