"""The tensor part of a network as an ONNX graph in memory, and its answers by ONNX Runtime on the processor.

The packages `onnx` and `onnxruntime` are optional; they are imported when they are first asked for.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sbea_engine.errors import BadInput

OPSET = 17
"""Of the ONNX operators; every ONNX Runtime since 1.12 knows them."""

TOLERANCE = 1e-3
"""How far a graph may be from torch, as a share of the largest number of an output (or of 1)."""


class OnnxMissing(BadInput):
    """The optional packages are not installed."""

    code = "onnx_missing"


class CannotExport(BadInput):
    """The network cannot be written as an ONNX graph that answers as it does."""

    code = "cannot_export"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """An ONNX model.

    Attributes:
        content: The bytes of an `.onnx` file, with the weights.
        inputs, outputs: Their names, in order.
    """

    content: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


Axes = Mapping[str, Mapping[int, str]]
"""By input or output, which axes may have any length, and a name for each."""


def require_onnx() -> Any:
    """The module `onnxruntime`; raises `OnnxMissing` where it, or `onnx`, is not installed."""
    try:
        import onnx  # noqa: F401 - torch writes graphs with it
        import onnxruntime
    except ImportError as error:
        raise OnnxMissing(
            f"ONNX needs the packages onnx and onnxruntime ({error}). Install them with: pip install "
            f"'sbea-studio[onnx]', or use the runtime torch."
        ) from error
    return onnxruntime


def export(module: nn.Module, inputs: Mapping[str, Tensor], outputs: tuple[str, ...], axes: Axes) -> Graph:
    """Trace a module, which becomes one of evaluation, into a graph.

    Args:
        module: Takes the inputs in their order and returns a tuple of tensors; on the processor.
        inputs: An example of each, by name.
        outputs: A name for each.

    Raises:
        OnnxMissing: See `require_onnx`.
        CannotExport: It has something that the exporter does not know.
    """
    require_onnx()
    file = io.BytesIO()
    # After its first use the exporter prints the whole network where it fails, to standard output.
    torch._C._jit_set_onnx_log_output_stream("stderr")
    try:
        with torch.no_grad(), warnings.catch_warnings():
            # Told of every shape that is looked at; whether one was frozen, `OnnxSession.check` finds out.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module.eval(),
                tuple(inputs.values()),
                file,  # type: ignore[arg-type]  # the kind of export that `dynamo=False` names takes one
                dynamo=False,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: dict(named) for name, named in axes.items()},
                opset_version=OPSET,
            )
    except Exception as error:  # whatever the exporter raises for what it does not know
        raise CannotExport(f"This network cannot be exported to ONNX ({_first_line(error)}).") from error
    return Graph(content=file.getvalue(), inputs=tuple(inputs), outputs=outputs)


class OnnxSession:
    """A graph that is ready to answer.

    Args:
        threads: That one answer is computed with.

    Raises:
        OnnxMissing: See `require_onnx`.
        CannotExport: ONNX Runtime cannot compute the graph.
    """

    def __init__(self, graph: Graph, threads: int) -> None:
        onnxruntime = require_onnx()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # its errors are raised; they need not be printed too
        self._outputs = graph.outputs
        try:
            self._session = onnxruntime.InferenceSession(
                graph.content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions have no base but this
            raise CannotExport(f"ONNX Runtime cannot compute this network ({_first_line(error)}).") from error
        self._inputs = {value.name for value in self._session.get_inputs()}

    def __call__(self, **inputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs, in order. An input that the graph does not look at is left out."""
        fed = {name: value.numpy() for name, value in inputs.items() if name in self._inputs}
        return tuple(torch.from_numpy(found) for found in self._session.run(self._outputs, fed))

    def check(self, module: nn.Module, inputs: Mapping[str, Tensor]) -> None:
        """Hold the answer against torch's, for inputs of another shape than it was traced with.

        Raises:
            CannotExport: It is another one, or none: the graph has kept the shape of the example.
        """
        with torch.inference_mode():
            wanted = module(*inputs.values())
        try:
            found = self(**inputs)
        except Exception as error:  # its exceptions have no base but this
            raise CannotExport(
                f"The exported network does not answer for pictures of another size ({_first_line(error)})."
            ) from error
        for name, one, other in zip(self._outputs, found, wanted, strict=True):
            if one.shape != other.shape:
                raise CannotExport(
                    f"The exported network answers {name} of {tuple(one.shape)} where torch answers "
                    f"{tuple(other.shape)}."
                )
            if not other.numel():
                continue
            most = TOLERANCE * max(1.0, float(other.abs().max()))
            off = float((one - other).abs().max())
            if not off <= most:  # true of NaN as well
                raise CannotExport(
                    f"The exported network is {off:.2g} from torch in {name}; {most:.2g} is the most."
                )


def _first_line(error: Exception) -> str:
    return " ".join([f"{type(error).__name__}:", *str(error).strip().splitlines()[:1]])
