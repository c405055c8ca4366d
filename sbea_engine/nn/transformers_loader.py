"""Build and load networks of the package `transformers`; weights from safetensors only, never from pickles.

The package is optional and is imported when a backbone of its is first asked for. No code that comes with a
model is ever run: `trust_remote_code` is off everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from sbea_engine.nn.backbone_source import CONFIG_FILE, BackboneSource, BadBackbone, files_checksums

IMAGENET_MEAN, IMAGENET_SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PREPROCESSOR_FILE = "preprocessor_config.json"
HUB_FILES = (CONFIG_FILE, PREPROCESSOR_FILE, "*.safetensors", "*.safetensors.index.json")

NOT_ARCHITECTURE = {"model_type", "auto_map", "dtype", "torch_dtype"}
"""Of a config.json: the kind, which is said apart; code of the model's own; and in how many bits its weights
were saved. They are always trained in 32."""

UNUSED_WEIGHTS = ("pooler.", "classifier.", "head.")
"""Names of weights that may lack in a file: what is no part of the maps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedNetwork:
    """A network and what a model card says of it.

    Attributes:
        module: As `transformers` built it.
        facts: `source`, `package` and its version, `architecture` (enough to build it anew), `mean` and `sd`
            of its colours (0..1), and `weights`: where they came from, with `sha256` by file.
    """

    module: nn.Module
    facts: dict[str, Any]


def load_network(source: BackboneSource) -> LoadedNetwork:
    """The network of a source; random weights come from torch's generator.

    Raises:
        BadBackbone: The package is not installed, or files are missing, damaged, pickled or do not fit.
    """
    package = _transformers(str(source))
    if source.kind == "config":
        file = Path(source.place)
        file = file / CONFIG_FILE if file.is_dir() else file
        architecture = _read_json(file, source)
        weights: dict[str, Any] = {"origin": "random, from the seed", "sha256": {}}
        colours = _colours(file.parent)
        return _as_loaded(source, build_network(architecture), architecture, colours, weights)
    folder = _snapshot(source) if source.kind == "hub" else Path(source.place)
    architecture = _read_json(folder / CONFIG_FILE, source)
    _require_safetensors(folder, source)
    module = _with_weights(package, folder, source, build_config(architecture))
    weights = {"origin": str(source), "sha256": files_checksums(_local(folder))}
    if source.kind == "hub":
        weights["revision"] = folder.name  # the hub's cache names a snapshot by its commit
    return _as_loaded(source, module, architecture, _colours(folder), weights)


def build_config(architecture: Mapping[str, Any]) -> Any:
    """The package's config object; raises `BadBackbone` if it knows no such architecture."""
    kind = architecture.get("model_type")
    package = _transformers(f"of type {kind}")
    settings = {k: v for k, v in architecture.items() if k not in NOT_ARCHITECTURE}
    try:
        return package.AutoConfig.for_model(kind, **settings)
    except Exception as error:  # whatever the package raises for a file from outside
        raise BadBackbone(
            f"Architecture {kind!r} is not one that transformers {package.__version__} can build ({error})."
        ) from error


def build_network(architecture: Mapping[str, Any]) -> nn.Module:
    """A network with random weights from a card's or a file's architecture; raises `BadBackbone`."""
    config = build_config(architecture)
    package = _transformers(str(architecture.get("model_type")))
    try:
        module: nn.Module = package.AutoModel.from_config(config, trust_remote_code=False)
    except Exception as error:  # as above
        raise BadBackbone(
            f"Architecture {architecture.get('model_type')!r} cannot be built as a backbone ({error})."
        ) from error
    return module


def _as_loaded(
    source: BackboneSource,
    module: nn.Module,
    architecture: Mapping[str, Any],
    colours: tuple[list[float], list[float]],
    weights: dict[str, Any],
) -> LoadedNetwork:
    facts = {
        "source": str(source),
        "package": f"transformers {_transformers(str(source)).__version__}",
        "architecture": {k: v for k, v in architecture.items() if k != "auto_map"},
        "mean": colours[0],
        "sd": colours[1],
        "weights": weights,
    }
    return LoadedNetwork(module=module, facts=facts)


def _transformers(wanted: str) -> Any:
    try:
        import transformers
    except ImportError as error:
        raise BadBackbone(
            f"Backbone {wanted}: needs the package transformers, which is not installed. "
            f"Install it with: pip install 'sbea-studio[backbones]'."
        ) from error
    return transformers


def _read_json(file: Path, source: BackboneSource) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadBackbone(
            f"Backbone {source}: {file} is not there. Give a folder that holds {CONFIG_FILE}."
        ) from error
    except (OSError, ValueError) as error:
        raise BadBackbone(f"Backbone {source}: {file} cannot be read as JSON ({error}).") from error
    if not isinstance(document, dict) or not isinstance(document.get("model_type"), str):
        raise BadBackbone(f"Backbone {source}: {file} names no model_type.")
    return document


def _require_safetensors(folder: Path, source: BackboneSource) -> None:
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(file.name for pattern in ("*.bin", "*.pt", "*.pth") for file in folder.glob(pattern))
    reason = (
        f"only has pickled weights ({', '.join(pickled)}), which are not read: they can run code. Convert "
        f"them with save_pretrained, which writes safetensors"
        if pickled
        else "has no *.safetensors. Give the folder that save_pretrained wrote; config: means random weights"
    )
    raise BadBackbone(f"Backbone {source}: {folder} {reason}.")


def _with_weights(package: Any, folder: Path, source: BackboneSource, config: Any) -> nn.Module:
    try:
        module, report = package.AutoModel.from_pretrained(
            str(folder),
            config=config,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            dtype="float32",
        )
    except Exception as error:  # damaged files, other shapes: the package has many words for it
        raise BadBackbone(
            f"Backbone {source}: the weights in {folder} cannot be loaded ({error})."
        ) from error
    missing = [name for name in report["missing_keys"] if not name.startswith(UNUSED_WEIGHTS)]
    mismatched = report.get("mismatched_keys") or []
    if missing or mismatched:
        names = ", ".join(sorted([*missing, *(str(name) for name in mismatched)])[:5])
        raise BadBackbone(
            f"Backbone {source}: the weights in {folder} do not fit its {CONFIG_FILE}: "
            f"{len(missing) + len(mismatched)} are missing or of another shape, such as {names}."
        )
    found: nn.Module = module
    return found


def _snapshot(source: BackboneSource) -> Path:
    """Folder of the hub's files in the local cache; fetched where they are not there."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(source.place, revision=source.revision, allow_patterns=list(HUB_FILES)))
    except Exception as error:  # no network, no such model, no right to it
        raise BadBackbone(
            f"Backbone {source}: cannot be fetched from the hub, and is not in its cache here "
            f"({type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}). "
            f"Where there is no network, copy the model's folder here and use folder:PATH."
        ) from error


def _colours(folder: Path) -> tuple[list[float], list[float]]:
    """Mean and standard deviation that the network's colours had in its training; ImageNet's if unsaid."""
    try:
        said = json.loads((folder / PREPROCESSOR_FILE).read_text(encoding="utf-8"))
        mean, sd = [float(v) for v in said["image_mean"]], [float(v) for v in said["image_std"]]
    except FileNotFoundError:
        return list(IMAGENET_MEAN), list(IMAGENET_SD)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadBackbone(f"{folder / PREPROCESSOR_FILE}: cannot be used ({error!r}).") from error
    if len(mean) != 3 or len(sd) != 3 or min(sd) <= 0:
        raise BadBackbone(f"{folder / PREPROCESSOR_FILE}: image_mean and image_std are three numbers each.")
    return mean, sd


def _local(folder: Path) -> BackboneSource:
    return BackboneSource(kind="folder", place=str(folder))
