"""Pose networks that answer through ONNX Runtime: the backbone and the maps; all else stays in torch.

What follows the maps (reading them, and how far to trust a peak) is little work and many kinds of operators,
and it is the same code for both runtimes (docs/adr/0036).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sbea_engine.nn.encoder import TransformersEncoder
from sbea_engine.nn.onnx_session import CannotExport, Graph, OnnxSession, export
from sbea_engine.pose.bottom_up.model import BottomUpNetwork, BottomUpOutput
from sbea_engine.pose.model import Features, Maps, PoseNetwork, compute_in

Network = PoseNetwork | BottomUpNetwork

TRACED_BATCH, CHECKED_BATCH = 2, 3
TRACED, CHECKED = (3, 4), (5, 3)
"""Rows and columns of the pictures that a graph is traced with and checked with, in multiples of the
network's: no two numbers alike, so that none is taken for another."""


class PoseFeatures(nn.Module):
    """`PoseNetwork.features` with tensors in and out.

    Attributes:
        names: Of what it returns: those of the maps as in `Maps`, then `level_0` (the finest) and so on.
    """

    def __init__(self, network: PoseNetwork, channels: int) -> None:
        super().__init__()
        self.network, self._channels = network, channels
        example = network.features(self.inputs(TRACED_BATCH, TRACED)["images"], None)
        self._maps = tuple(name for name, value in example.maps._asdict().items() if value is not None)
        self.names = (*self._maps, *(f"level_{i}" for i in range(len(example.levels))))

    def forward(self, images: Tensor, valid: Tensor) -> tuple[Tensor, ...]:
        """uint8 (batch, channel, h, w), and int64 (2,) rows and columns of pixels that are picture."""
        levels, maps = self.network.features(images, (valid[0], valid[1]))  # type: ignore[arg-type]
        return (*(value for value in maps if value is not None), *levels)

    def inputs(self, batch: int, cells: tuple[int, int]) -> dict[str, Tensor]:
        """An example, of which the last row and column are padding."""
        images = _pictures(batch, self._channels, self.network.least_multiple, cells)
        return {"images": images, "valid": torch.tensor([n - 1 for n in images.shape[-2:]])}

    def features(self, found: tuple[Tensor, ...]) -> Features:
        """What `forward` returned as what `PoseNetwork.features` returns."""
        named = dict(zip(self.names, found, strict=True))
        maps = Maps(**{name: named.pop(name) for name in self._maps})
        return Features(list(named.values()), maps)


class BottomUpFeatures(nn.Module):
    """`BottomUpNetwork.features` with a plain tuple out; as `PoseFeatures`."""

    names = BottomUpOutput._fields

    def __init__(self, network: BottomUpNetwork, channels: int) -> None:
        super().__init__()
        self.network, self._channels = network, channels

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """uint8 (batch, channel, h, w)."""
        return tuple(self.network.features(images))

    def inputs(self, batch: int, cells: tuple[int, int]) -> dict[str, Tensor]:
        """An example."""
        return {"images": _pictures(batch, self._channels, self.network.multiple, cells)}


def answer_through_onnx(model: nn.Module, *, channels: int, threads: int) -> None:
    """Let all pose networks of a model answer through ONNX Runtime, in fp32, as long as it lives.

    Args:
        model: In evaluation mode and on the processor; it is not to be trained afterwards.
        channels: Of its pictures: 1 for grey, 3 for colour.
        threads: That one answer is computed with.

    Raises:
        OnnxMissing: The package is not installed.
        CannotExport: A network cannot be exported, or its graph does not answer as it does.
    """
    made = [(network, _stand_in(network, channels, threads)) for _, network in networks_of(model)]
    for network, stand_in in made:
        network.stand_in = stand_in
    compute_in(model, "fp32")


def networks_of(model: nn.Module) -> Iterator[tuple[str, Network]]:
    """The pose networks of a model by the name that each has in it; that of a model of one is empty."""
    for name, module in model.named_modules():
        if isinstance(module, PoseNetwork | BottomUpNetwork):
            yield name, module


def traceable(network: Network, channels: int) -> PoseFeatures | BottomUpFeatures:
    """The network as a module of tensors."""
    if any(isinstance(module, TransformersEncoder) for module in network.modules()):
        raise CannotExport(
            "A backbone of the package transformers cannot be exported to ONNX: its graph would keep the "
            "size of one picture. Use the runtime torch, or a model with a backbone of its family's own."
        )
    if isinstance(network, PoseNetwork) and network.context is not None:
        raise CannotExport(
            "A network that sees frames before and after cannot be exported to ONNX. Use the runtime torch, "
            "or a model that was trained with --context 0."
        )
    device = next(network.parameters()).device
    if device.type != "cpu":
        raise CannotExport(f"The runtime onnx is for the processor; the network is on {device}. Use 'cpu'.")
    with torch.no_grad():
        if isinstance(network, PoseNetwork):
            return PoseFeatures(network, channels)
        return BottomUpFeatures(network, channels)


def checked_session(traced: PoseFeatures | BottomUpFeatures, graph: Graph, threads: int) -> OnnxSession:
    """A session of the graph, whose answer has been held against torch's."""
    session = OnnxSession(graph, threads)
    session.check(traced, traced.inputs(CHECKED_BATCH, CHECKED))
    return session


def graph_of(traced: PoseFeatures | BottomUpFeatures) -> Graph:
    """The graph of a network, for any batch and any picture whose sides are multiples of the network's."""
    inputs = traced.inputs(TRACED_BATCH, TRACED)
    axes: dict[str, Mapping[int, str]] = {"images": {0: "batch", 2: "rows", 3: "columns"}}
    with torch.no_grad():
        ranks = [value.ndim for value in traced(*inputs.values())]
    for name, rank in zip(traced.names, ranks, strict=True):
        axes[name] = {0: "batch", rank - 2: f"rows_{name}", rank - 1: f"columns_{name}"}
    return export(traced, inputs, traced.names, axes)


def _stand_in(network: Network, channels: int, threads: int) -> Any:
    traced = traceable(network, channels)
    session = checked_session(traced, graph_of(traced), threads)
    return _PoseStandIn(traced, session) if isinstance(traced, PoseFeatures) else _BottomUpStandIn(session)


class _PoseStandIn:
    def __init__(self, traced: PoseFeatures, session: OnnxSession) -> None:
        self._features, self._session = traced.features, session

    def __call__(self, images: Tensor, valid: tuple[int, int] | None) -> Features:
        rows, columns = images.shape[-2:] if valid is None else valid
        return self._features(self._session(images=images, valid=torch.tensor([rows, columns])))


class _BottomUpStandIn:
    def __init__(self, session: OnnxSession) -> None:
        self._session = session

    def __call__(self, images: Tensor) -> BottomUpOutput:
        return BottomUpOutput(*self._session(images=images))


def _pictures(batch: int, channels: int, multiple: int, cells: tuple[int, int]) -> Tensor:
    """Noise, the same at each call; `cells` are rows and columns in multiples."""
    size = (batch, channels, cells[0] * multiple, cells[1] * multiple)
    return torch.randint(0, 256, size, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
