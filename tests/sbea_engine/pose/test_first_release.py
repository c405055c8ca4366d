"""Models of the first release are still read: card and weights in the form that it wrote, made by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from sbea_engine.data import LabelSet, Skeleton
from sbea_engine.pipelines.pose import evaluate_model
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.estimator import PoseEstimator
from sbea_engine.pose.training import build_model

SKELETON = Skeleton(keypoints=("nose", "tail"))
CONFIG = {
    "preset": "tiny", "family": "pyramid", "seed": 0, "iterations": 2, "minutes": None, "threads": 1,
    "device": "cpu", "precision": "auto", "colour": "grey", "rotation_deg": 180.0, "validation": 0.15,
    "cache_bytes": 1073741824,
}  # fmt: skip
# Names and shapes of a tiny network of two keypoints, as the first release saved them.
WEIGHTS = "a177dd120e746073395ade95ae7c62c70da8f5901faa453373da8d46913cd21b"


def write_first_release(folder: Path) -> None:
    """A model folder of the first release, whose weights are those before any training."""
    weights = build_model(SKELETON, 1, PoseConfig(preset="tiny", family="pyramid")).state_dict()
    shapes = sorted((name, list(tensor.shape)) for name, tensor in weights.items())
    assert hashlib.sha256(json.dumps(shapes).encode()).hexdigest() == WEIGHTS
    save_file({k: v.contiguous() for k, v in weights.items()}, folder / "weights.safetensors")
    card = {
        "stage": "pose",
        "family": "pyramid",
        "created_at": "2026-11-21T01:26:42+00:00",
        "config": CONFIG,
        "plan": {"scale": 1.0, "crop_px": 64, "radius_px": 2.5},
        "data": {
            "labels_sha256": "34af74cc1d6ad815de3c4cfc33e0dad778b822ae8bbae4b25146c7b2ed96428e",
            "frames": 8,
            "points": 16,
            "videos": ["scene"],
            "training_frames": {"scene": [0, 1, 2, 3, 4, 5, 6, 7]},
            "validation_frames": [{"video": "scene", "index": 4}],
        },
        "training": {
            "iterations": 2, "seconds": 0.7, "threads": 1, "precision": "fp32", "parameters": 41787,
            "curve": [{"iteration": 2.0, "loss": 6.8, "val_mean_px": 41.5}],
        },
        "meaning": {"points_px": "x and y in source pixels; (0, 0) is the centre of the top-left pixel."},
        "stage_facts": {
            "skeleton": {"keypoints": ["nose", "tail"], "edges": [], "symmetric": [], "heading": None},
            "individuals": ["mouse"],
            "calibration": {"slope": 0.985, "offset": -0.131, "n": 2, "right": 0.5},
            "validation": {"n": 2, "missing": 0, "mean_px": 41.5, "median_px": 41.5},
        },
        "software": {"python": "3.11.7", "sbea-studio": "0.1.0", "torch": "2.13.0+cpu", "numpy": "2.4.6"},
        "weights_sha256": hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest(),
        "format": "sbea-model/1",
    }  # fmt: skip
    (folder / "card.json").write_text(json.dumps(card, indent=1))


def test_a_model_of_the_first_release_finds_keypoints(tmp_path: Path, scene: LabelSet) -> None:
    write_first_release(tmp_path)
    model = PoseEstimator.load(tmp_path, threads=1)
    assert (model.skeleton_, model.individuals_) == (SKELETON, ("mouse",))
    assert (model.plan_.crop_px, model.calibration_.slope) == (64, 0.985)
    points, confidence = model.predict_sources(scene.frames[:3])
    assert points.shape == (3, 1, 2, 2)
    assert np.isfinite(points).all()
    assert ((confidence > 0) & (confidence < 1)).all()


def test_it_is_measured_and_says_what_it_was_trained_with(tmp_path: Path, scene: LabelSet) -> None:
    write_first_release(tmp_path)
    found = evaluate_model(tmp_path, scene, threads=1)
    assert (found.holdout, found.part) == ("none", "all")
    assert "trained with 8 of these 20 frames" in found.warnings[0]
