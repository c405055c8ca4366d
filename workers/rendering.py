"""Rendered recordings under the data root, made once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sbea_engine.progress import OnProgress, ignore

if TYPE_CHECKING:
    from sbea_engine.data import LabelSet


def rendered(
    folder: Path,
    *,
    recipe: str,
    cameras: int,
    seconds: float,
    seed: int,
    labels: int,
    on_progress: OnProgress = ignore,
) -> LabelSet:
    """The labels of the recording in `folder`, which is rendered where it is not there whole."""
    from sbea_engine.data import LabelSet
    from sbea_engine.errors import BadInput
    from sbea_engine.synth import load_recipe, render_recording
    from webapp.recordings import storage

    try:
        there = LabelSet.load(folder)
        if all(source.path.is_file() for source in there.frames):
            return there
    except BadInput:
        pass  # nothing there yet, or damaged: render
    storage.remove_tree(folder)
    render_recording(
        load_recipe(recipe),
        cameras=cameras,
        seconds=seconds,
        seed=seed,
        labels=labels,
        out=folder,
        on_progress=on_progress,
    )
    return LabelSet.load(folder)
