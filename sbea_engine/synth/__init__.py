"""Rendered recordings: animals in an arena seen by cameras, with exact truth.

`load_recipe` reads what to render, `render_recording` renders it into a folder, `load_truth` reads the
folder's answers. Underneath: `body` (plans as data), `motion` (all frames at once), `render` (one camera).
"""

from sbea_engine.data.camera import Camera
from sbea_engine.synth.recipe import Recipe, load_recipe, recipe_names
from sbea_engine.synth.recording import RecordingFiles, build_scene, render_recording
from sbea_engine.synth.truth import Truth, load_truth

__all__ = [
    "Camera",
    "Recipe",
    "RecordingFiles",
    "Truth",
    "build_scene",
    "load_recipe",
    "load_truth",
    "recipe_names",
    "render_recording",
]
