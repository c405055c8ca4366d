"""Graphs of small modules whose answers are known."""

import sys

import pytest
import torch
from torch import Tensor, nn

from sbea_engine.nn.onnx_session import CannotExport, OnnxMissing, OnnxSession, export

AXES = {"x": {0: "batch", 1: "length"}, "y": {0: "batch", 1: "length"}}


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (2 * x,)


class Frozen(nn.Module):
    """Its trace keeps the length of the example."""

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (x + torch.ones(int(x.shape[1])),)


class Counted(nn.Module):
    """Its trace keeps a number that it read from the example."""

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (x * int(x.shape[1]),)


class Looked(nn.Module):
    """Has an operator that no graph can have."""

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (torch.linalg.eigvals(x @ x.T).real,)


def test_answers_for_any_length() -> None:
    session = OnnxSession(export(Doubled(), {"x": torch.ones(2, 3)}, ("y",), AXES), threads=1)
    for size in ((1, 1), (4, 7)):
        x = torch.arange(float(size[0] * size[1])).reshape(size)
        (y,) = session(x=x)
        assert torch.equal(y, 2 * x)
    session.check(Doubled(), {"x": torch.ones(3, 5)})


@pytest.mark.parametrize(
    ("module", "reason"),
    [(Frozen(), "does not answer for pictures of another size"), (Counted(), "from torch in y")],
)
def test_a_graph_that_kept_the_shape_of_the_example_is_refused(module: nn.Module, reason: str) -> None:
    session = OnnxSession(export(module, {"x": torch.ones(2, 3)}, ("y",), AXES), threads=1)
    session.check(module, {"x": torch.ones(2, 3)})  # of the example's shape it is right
    with pytest.raises(CannotExport, match=reason):
        session.check(module, {"x": torch.ones(3, 5)})


def test_another_answer_of_the_same_shape_is_refused() -> None:
    session = OnnxSession(export(Doubled(), {"x": torch.ones(2, 3)}, ("y",), AXES), threads=1)
    with pytest.raises(CannotExport, match="from torch in y"):
        session.check(nn.Sequential(Doubled(), First(), Doubled()), {"x": torch.ones(3, 5)})


class First(nn.Module):
    def forward(self, x: tuple[Tensor]) -> Tensor:
        return x[0]


def test_an_operator_that_the_exporter_lacks(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CannotExport, match="cannot be exported to ONNX"):
        export(Looked(), {"x": torch.ones(3, 3)}, ("y",), AXES)
    assert capfd.readouterr().out == ""  # standard output is the answer of a command


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_package_that_is_missing(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(OnnxMissing, match=r"pip install 'sbea-studio\[onnx\]'"):
        export(Doubled(), {"x": torch.ones(2, 3)}, ("y",), AXES)
