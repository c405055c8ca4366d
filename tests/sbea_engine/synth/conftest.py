"""One tiny recording, rendered once, that the tests of this folder read."""

from __future__ import annotations

import pytest

from sbea_engine.synth import Recipe, RecordingFiles, Truth, load_recipe, load_truth, render_recording
from sbea_engine.synth.recording import build_scene
from sbea_engine.synth.render import Scene

FRAMES = 10
SEED = 5


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return load_recipe("tiny")


@pytest.fixture(scope="session")
def scene(recipe: Recipe) -> Scene:
    return build_scene(recipe, frames=FRAMES, seed=SEED)


@pytest.fixture(scope="session")
def files(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> RecordingFiles:
    out = tmp_path_factory.mktemp("synth") / "recording"
    return render_recording(recipe, cameras=3, frames=FRAMES, seed=SEED, labels=4, out=out)


@pytest.fixture(scope="session")
def truth(files: RecordingFiles) -> Truth:
    return load_truth(files.folder)
