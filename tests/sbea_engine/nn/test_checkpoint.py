"""Checkpoints that were damaged, in many ways: each is refused with one error that names the file."""

import copy
import errno
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from sbea_engine.nn.checkpoint import FILE, BadCheckpoint, check_tensors, write_tensors
from sbea_engine.nn.trainer import Trainer, TrainerConfig
from tests.fixtures.full_disk import full_disk

ITERATIONS, DONE = 20, 8
Tensors = dict[str, Tensor]


def loss(model: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    return model(x).square().mean(), {}


def trainer(budget_seconds: float | None = None) -> Trainer[Tensor]:
    from sbea_engine.nn.trainer import unchecked

    return Trainer(
        TrainerConfig(iterations=ITERATIONS, validate_every=4, budget_seconds=budget_seconds),
        batch=lambda number: torch.randn(4, 3, generator=torch.Generator().manual_seed(number)),
        loss=loss,
        check=unchecked,
        fingerprint="run",
    )


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1))


class Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a run that was stopped."""
    folder = tmp_path_factory.mktemp("checkpoint")

    def stop(progress: Any) -> None:
        if progress.done == DONE:
            raise Stopped

    with pytest.raises(Stopped):
        trainer().run(model(), checkpoint=folder, on_progress=stop)
    return folder / FILE


def altered(
    whole: Path, folder: Path, header: dict[str, Any] | str, tensors: Callable[[Tensors], Tensors] = dict
) -> Path:
    """A copy of the checkpoint with changes to its header, or another one, and to its tensors."""
    with safe_open(whole, framework="pt") as handle:
        before = json.loads(handle.metadata()["sbea"])
        kept = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118 (not a mapping)
    text = header if isinstance(header, str) else json.dumps({**before, **header})
    save_file(tensors(kept), folder / FILE, {"sbea": text})
    return folder / FILE


def refused(folder: Path, runner: Trainer[Tensor] | None = None) -> str:
    before = (folder / FILE).read_bytes()
    network = model()
    weights = copy.deepcopy(network.state_dict())
    with pytest.raises(BadCheckpoint, match="Remove it to start training again") as caught:
        (runner or trainer()).run(network, checkpoint=folder)
    assert str(folder / FILE) in str(caught.value)
    assert len(str(caught.value)) < 700
    assert (folder / FILE).read_bytes() == before
    check_tensors(network.state_dict(), weights)
    assert all(torch.equal(network.state_dict()[name], weights[name]) for name in weights)
    return str(caught.value)


def test_as_it_was_it_goes_on(whole: Path, tmp_path: Path) -> None:
    altered(whole, tmp_path, {})
    straight = trainer().run(model())
    resumed = trainer().run(model(), checkpoint=tmp_path)
    assert resumed.curve == straight.curve
    mine, theirs = resumed.model.state_dict(), straight.model.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    "header",
    [
        "[" * 100_000,
        "[1]",
        '{"format": ' + "9" * 5000 + "}",
        {"iteration": -5},
        {"iteration": 0},
        {"iteration": 10**9},
        {"iteration": "x"},
        {"iteration": 3.5},
        {"iteration": True},
        {"iterations": ITERATIONS + 1},
        {"iterations": ITERATIONS - 1},
        {"iterations": None},
        {"curve": None},
        {"curve": [1, "x"]},
        {"curve": [{"loss": 1.0}]},
        {"curve": [{"iteration": 4.0, "loss": "x"}]},
        {"curve": [{"iteration": 4.0, "loss": math.nan}]},
        {"curve": [{"iteration": 10**9}]},
        {"seconds": "x"},
        {"seconds": math.nan},
        {"seconds": -1},
        {"seconds": 1e300},
        {"fingerprint": ["run"]},
    ],
    ids=lambda header: repr(header)[:40],
)
def test_header(whole: Path, tmp_path: Path, header: dict[str, Any] | str) -> None:
    altered(whole, tmp_path, header)
    refused(tmp_path)


@pytest.mark.parametrize("fewer", [DONE, ITERATIONS - 1])
def test_a_budget_may_have_lowered_the_iterations(whole: Path, tmp_path: Path, fewer: int) -> None:
    altered(whole, tmp_path, {"iterations": fewer})
    assert trainer(budget_seconds=60.0).run(model(), checkpoint=tmp_path).iterations == fewer


@pytest.mark.parametrize("iterations", [0, DONE - 1, ITERATIONS + 1])
def test_but_not_to_less_than_was_done_nor_raised_them(whole: Path, tmp_path: Path, iterations: int) -> None:
    altered(whole, tmp_path, {"iterations": iterations})
    refused(tmp_path, trainer(budget_seconds=60.0))


def without(*names: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {name: t for name, t in tensors.items() if not name.startswith(names)}


def filled(name: str, value: Tensor) -> Callable[[Tensors], Tensors]:
    def change(tensors: Tensors) -> Tensors:
        assert name in tensors
        return {**tensors, name: value}

    return change


def added(name: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {**tensors, name: torch.zeros(1)}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without("model.", "average.", "optimiser."), "missing"),
        (without("model.1.weight"), "'1.weight' is missing"),
        (without("average.0.running_var"), "'0.running_var' is missing"),
        (without("optimiser."), "optimiser"),
        (without("optimiser.0.exp_avg_sq"), "'exp_avg_sq' is missing"),
        (filled("model.1.weight", torch.zeros(1)), "'1.weight'"),
        (filled("model.1.weight", torch.zeros(1, 3, dtype=torch.int32)), "'1.weight' is torch.int32"),
        (filled("model.1.weight", torch.full((1, 3), math.nan)), "'1.weight' holds"),
        (filled("average.1.bias", torch.full((1,), math.inf)), "'1.bias' holds"),
        (filled("optimiser.0.exp_avg", torch.full((1, 3), math.nan)), "'exp_avg' holds"),
        (filled("optimiser.0.exp_avg", torch.zeros(2)), "'exp_avg'"),
        (filled("optimiser.0.exp_avg_sq", torch.full((1, 3), -1.0)), "optimiser.0"),
        (filled("optimiser.0.step", torch.tensor(1e9)), "optimiser.0"),
        (added("optimiser.x.step"), "optimiser.x.step"),
        (added("optimiser.zz"), "optimiser.zz"),
        (added("optimiser.99999.step"), "optimiser.99999"),
        (added("optimiser.0.other"), "'other'"),
        (added("model.other"), "'other'"),
        (added("other"), "'other'"),
    ],
)
def test_tensors(whole: Path, tmp_path: Path, change: Callable[[Tensors], Tensors], named: str) -> None:
    altered(whole, tmp_path, {}, change)
    assert named in refused(tmp_path)


class TestWriteTensors:
    def test_a_full_disk_leaves_the_old_file_and_nothing_else(self, tmp_path: Path) -> None:
        file = write_tensors(tmp_path / "a.safetensors", {"a": torch.zeros(3)})
        before = file.read_bytes()
        with full_disk(2000), pytest.raises(OSError, match="too large") as caught:
            write_tensors(file, {"a": torch.zeros(100_000)})
        assert caught.value.errno == errno.EFBIG
        assert str(caught.value.filename).startswith(str(tmp_path))
        assert [f.name for f in tmp_path.iterdir()] == [file.name]
        assert file.read_bytes() == before

    def test_training_on_a_full_disk_ends_with_that_and_keeps_the_last_checkpoint(
        self, whole: Path, tmp_path: Path
    ) -> None:
        before = altered(whole, tmp_path, {}).read_bytes()
        with full_disk(1000), pytest.raises(OSError, match="too large"):
            trainer().run(model(), checkpoint=tmp_path)
        assert [f.name for f in tmp_path.iterdir()] == [FILE]
        assert (tmp_path / FILE).read_bytes() == before
