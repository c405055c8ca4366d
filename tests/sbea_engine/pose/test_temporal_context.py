"""The recurrence itself, and that a network without it is what it was."""

from __future__ import annotations

import pytest
import torch

from sbea_engine.data import Skeleton
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.families import FAMILY_FACTS
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.temporal_context import REACH, WIDTH, TemporalContext
from sbea_engine.pose.training import build_model

FAMILIES = [name for name, facts in FAMILY_FACTS.items() if facts.temporal_context]
SKELETON = Skeleton(keypoints=("nose", "tail"))
WINDOWS = torch.tensor([[0, 0, 0, 1, 2], [0, 1, 2, 3, 4], [2, 3, 4, 4, 4]])


def awake(fold: int = 1) -> TemporalContext:
    """One that has learned something, if nothing sensible."""
    torch.manual_seed(3)
    context = TemporalContext(6, fold).double()
    for parameter in context.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return context


def features(frames: int = 5) -> torch.Tensor:
    return torch.randn(frames, 6, 8, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


class TestTemporalContext:
    @pytest.mark.parametrize("fold", [1, 2])
    def test_before_it_has_learned_it_changes_nothing(self, fold: int) -> None:
        context, seen = TemporalContext(6, fold).double(), features()
        torch.testing.assert_close(context(seen, WINDOWS), seen[WINDOWS[:, 2]], rtol=0, atol=0)

    @pytest.mark.parametrize("fold", [1, 2])
    def test_windows_that_share_frames_are_answered_as_each_alone(self, fold: int) -> None:
        context, seen = awake(fold), features()
        together = context(seen, WINDOWS)
        alone = [context(seen[window], torch.arange(5)[None]) for window in WINDOWS]
        torch.testing.assert_close(together, torch.cat(alone), rtol=0, atol=1e-12)

    def test_every_frame_of_the_window_counts_and_no_other(self) -> None:
        context, seen = awake(), features(7).requires_grad_()
        context(seen, torch.tensor([[1, 2, 3, 4, 5]])).square().sum().backward()
        assert seen.grad is not None
        assert seen.grad.flatten(1).any(1).tolist() == [False, True, True, True, True, True, False]

    def test_time_backwards_is_told_alike(self) -> None:
        context, seen = awake(), features()
        torch.testing.assert_close(context(seen, WINDOWS), context(seen, WINDOWS.flip(1)), rtol=0, atol=1e-12)

    def test_it_can_learn_that_something_moves(self) -> None:
        """With the kernel of a shift, the state of a frame is looked for where it has gone."""
        context = TemporalContext(WIDTH)
        with torch.no_grad():
            context.moved.weight.zero_()
            context.moved.weight[:, 0, REACH // 2, REACH // 2 - 2] = 1.0  # from two cells to the left
        state = torch.zeros(1, WIDTH, 5, 9)
        state[..., 2, 3] = 1
        assert context.moved(state)[0, 0].argmax() == 2 * 9 + 5


@pytest.mark.parametrize("family", FAMILIES)
class TestNetwork:
    def test_without_context_it_has_the_weights_that_it_always_had(self, family: str) -> None:
        alone, joined = (
            build_model(SKELETON, 1, PoseConfig(preset="tiny", family=family, context_frames=frames))
            for frames in (0, 2)
        )
        assert not [name for name in alone.state_dict() if name.startswith("context.")]
        named = joined.state_dict()
        assert all(torch.equal(named[name], tensor) for name, tensor in alone.state_dict().items())
        assert {name.split(".")[0] for name in set(named) - set(alone.state_dict())} == {"context"}

    def test_a_clip_is_answered_for_its_middle_frame(self, family: str) -> None:
        """Untrained, it says what the network without context says of that frame."""
        alone, joined = (
            build_model(SKELETON, 1, PoseConfig(preset="tiny", family=family, context_frames=frames)).eval()
            for frames in (0, 2)
        )
        clips = torch.randint(0, 256, (2, 5, 1, 48, 64), dtype=torch.uint8)
        with torch.inference_mode():
            found, wanted = joined(clips, (40, 60)), alone(clips[:, 2], (40, 60))
        torch.testing.assert_close(found.logits, wanted.logits)

    def test_training_teaches_every_weight(self, family: str) -> None:
        model = build_model(SKELETON, 1, PoseConfig(preset="tiny", family=family, context_frames=2))
        assert model.context is not None
        torch.nn.init.normal_(model.context.found.weight, std=0.1)  # at its zeros nothing behind it is taught
        clips = torch.randint(0, 256, (2, 5, 1, 32, 32), dtype=torch.uint8)
        self._answers(model, clips).sum().backward()  # type: ignore[no-untyped-call]
        untaught = [n for n, p in model.context.named_parameters() if p.grad is None or not p.grad.any()]
        assert untaught == []

    @staticmethod
    def _answers(model: PoseNetwork, clips: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = model(clips).logits
        return logits.square()
