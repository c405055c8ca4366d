import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sbea_engine.errors import Cancelled
from sbea_engine.nn.checkpoint import FILE, BadCheckpoint
from sbea_engine.nn.trainer import Check, DivergenceError, Trainer, TrainerConfig, schedule
from sbea_engine.progress import Example, Progress

TRUE_WEIGHT = torch.tensor([[1.0, -2.0, 0.5]])


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def batch(number: int) -> Tensor:
    return torch.randn(16, 3, generator=torch.Generator().manual_seed(number))


def loss(model: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    error = (model(x) - x @ TRUE_WEIGHT.T).square().mean()
    return error, {"half": error.detach() / 2}


EXAMPLE = Example(video="a", index=3, labels_px=[[[1.0, 2.0], None]], points_px=[[[1.5, 2.0], [0.0, 0.0]]])


def distance(model: nn.Module) -> Check:
    weight = next(p for p in model.parameters() if p.shape == TRUE_WEIGHT.shape)
    return Check(metrics={"off": float((weight - TRUE_WEIGHT).abs().max())}, examples=(EXAMPLE,))


def trainer(iterations: int = 60, **changes: Any) -> Trainer[Tensor]:
    config = TrainerConfig(iterations=iterations, learning_rate=0.1, weight_decay=0.0, validate_every=20)
    parts: dict[str, Any] = {"batch": batch, "loss": loss, "check": distance, "fingerprint": "linear"}
    return Trainer(config, **(parts | changes))


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.BatchNorm1d(3, affine=False, momentum=0.01), nn.Linear(3, 1))


def cancel_at(iteration: int) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        if progress.done == iteration:
            raise Cancelled

    return report


def tensors_of(module: nn.Module) -> list[Tensor]:
    return list(module.state_dict().values())


class TestTrainer:
    def test_learns(self) -> None:
        trained = trainer(200).run(model())
        assert distance(trained.model).metrics["off"] < 0.15
        assert not trained.model.training
        assert [point["iteration"] for point in trained.curve] == [float(n) for n in range(20, 201, 20)]

    def test_reports_every_iteration(self) -> None:
        reports: list[Progress] = []
        trainer(25).run(model(), on_progress=reports.append)
        assert [(r.done, r.total) for r in reports] == [(n, 25) for n in range(1, 26)]
        assert all({"loss", "half", "learning_rate"} <= set(r.metrics) for r in reports)
        assert ["off" in r.metrics for r in reports].count(True) == 2  # at 20 and at the end
        assert [r.examples for r in reports if "off" in r.metrics] == [(EXAMPLE,)] * 2
        assert sum(map(len, (r.examples for r in reports))) == 2

    def test_same_seed_same_weights(self) -> None:
        first, second = (trainer().run(model()).model for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(tensors_of(first), tensors_of(second), strict=True))

    @pytest.mark.parametrize("stops", [[1], [17, 40], [60]])
    def test_resumed_equals_uninterrupted(self, tmp_path: Path, stops: list[int]) -> None:
        whole = trainer().run(model())
        for stop in stops:
            with pytest.raises(Cancelled):
                trainer().run(model(), checkpoint=tmp_path, on_progress=cancel_at(stop))
        reports: list[Progress] = []
        resumed = trainer().run(model(), checkpoint=tmp_path, on_progress=reports.append)
        assert [r.done for r in reports] == list(range(stops[-1] + 1, 61))
        assert resumed.curve == whole.curve
        pairs = zip(tensors_of(whole.model), tensors_of(resumed.model), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)

    def test_a_finished_run_is_not_done_again(self, tmp_path: Path) -> None:
        first = trainer().run(model(), checkpoint=tmp_path)
        reports: list[Progress] = []
        again = trainer().run(model(), checkpoint=tmp_path, on_progress=reports.append)
        assert reports == []
        assert again.curve == first.curve

    def test_a_checkpoint_of_another_run_is_refused(self, tmp_path: Path) -> None:
        trainer().run(model(), checkpoint=tmp_path)
        with pytest.raises(BadCheckpoint, match="another config"):
            trainer(fingerprint="other").run(model(), checkpoint=tmp_path)

    @pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\0\0\0\0\0\0\0{}      "])
    def test_a_damaged_checkpoint_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / FILE).write_bytes(content)
        with pytest.raises(BadCheckpoint, match="Remove it"):
            trainer().run(model(), checkpoint=tmp_path)

    def test_a_half_written_checkpoint_is_ignored(self, tmp_path: Path) -> None:
        (tmp_path / f"{FILE}.tmp").write_bytes(b"half")
        trainer(5).run(model(), checkpoint=tmp_path)
        assert (tmp_path / FILE).stat().st_size > 4

    def test_divergence_is_an_error(self) -> None:
        def broken(_: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            return x.sum() * math.nan, {}

        with pytest.raises(DivergenceError, match="iteration 1"):
            trainer(loss=broken).run(model())

    def test_a_module_with_a_share_of_the_rate_moves_by_that_share(self) -> None:
        """AdamW's first step is as long as the rate, whatever the gradient."""
        both = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 1, bias=False))
        both[0].rate_share = 0.1  # type: ignore[assignment]
        before = [p.detach().clone() for p in both.parameters()]
        made = trainer(1)
        made.run(both)
        moved = [(p - b).abs().max().item() for p, b in zip(both.parameters(), before, strict=True)]
        assert moved == pytest.approx([0.01, 0.1], rel=1e-3)

    def test_a_budget_lowers_the_iterations_and_resume_keeps_them(self, tmp_path: Path) -> None:
        def with_budget() -> Trainer[Tensor]:
            made = trainer(10_000_000)
            made.config = TrainerConfig(iterations=10_000_000, validate_every=1000, budget_seconds=1.0)
            return made

        totals: list[int] = []
        for stop in (3, 5):  # the second attempt must not time itself anew: its schedule would not fit

            def report(progress: Progress, stop: int = stop) -> None:
                totals.append(progress.total)
                if progress.done == stop:
                    raise Cancelled

            with pytest.raises(Cancelled):
                with_budget().run(model(), checkpoint=tmp_path, on_progress=report)
        assert 5 <= totals[0] < 10_000_000
        assert totals == totals[:1] * 5


class TestSchedule:
    def test_rises_then_falls_to_a_hundredth(self) -> None:
        config = TrainerConfig(iterations=100, warm_up=0.1)
        rates = [schedule(i, config) for i in range(100)]
        assert rates.index(max(rates)) in {9, 10}
        assert rates[9] == pytest.approx(1.0)
        assert rates[-1] == pytest.approx(0.01, abs=2e-3)
        assert rates[:9] == sorted(rates[:9])
        assert rates[10:] == sorted(rates[10:], reverse=True)
