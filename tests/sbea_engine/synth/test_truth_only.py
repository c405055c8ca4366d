from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sbea_engine.cli import main
from sbea_engine.errors import Cancelled
from sbea_engine.progress import Progress
from sbea_engine.synth import build_scene, load_recipe, load_truth
from sbea_engine.synth.behaviour.bouts import check_bouts
from sbea_engine.synth.cast import PIECE
from sbea_engine.synth.folder import BadRequest
from sbea_engine.synth.truth import BadRecording
from sbea_engine.synth.truth_only import write_points, write_truth_only

FRAMES = PIECE + 100


@pytest.mark.parametrize("name", ["tiny-dyad", "tiny", "bird", "dog"])
def test_is_the_truth_of_the_rendered_recording(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name)
    truth = load_truth(write_truth_only(recipe, frames=FRAMES, seed=3, out=tmp_path / "out"))
    scene = build_scene(recipe, frames=FRAMES, seed=3)
    whole = np.stack([a.motion.points_mm for a in scene.animals], axis=1)
    np.testing.assert_allclose(truth.points_mm, whole, atol=1e-3)
    assert truth.bouts == scene.bouts
    check_bouts(truth.bouts, individuals=truth.individuals, frames=FRAMES)
    assert truth.views == {}
    with pytest.raises(BadRecording, match="no views"):
        _ = truth.sync


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tiny", "tiny-dyad"])
def test_memory_does_not_grow_with_the_keypoints(name: str, tmp_path: Path) -> None:
    """An hour more costs its plan, far below its keypoints, and nothing that bodies are posed with."""
    peaks = []
    for frames in (2 * PIECE, 5 * PIECE):
        tracemalloc.start()
        write_truth_only(load_recipe(name), frames=frames, seed=1, out=tmp_path / str(frames))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    animals = len(load_recipe(name).animals)
    assert (peaks[1] - peaks[0]) / (3 * PIECE) < 400 * animals  # bytes a frame


def test_an_array_written_in_pieces_is_a_plain_npz(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(11, 2, 3, 3)).astype(np.float32)
    write_points(tmp_path / "a.npz", values.shape, [values[:4], values[4:4], values[4:]])
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["points_mm"], values)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    recipe = load_recipe("tiny-dyad")
    one, two = (write_truth_only(recipe, frames=50, seed=1, out=tmp_path / n) for n in ("one", "two"))
    for file in ("truth.npz", "recording.json"):
        assert (one / file).read_bytes() == (two / file).read_bytes()


def test_cancel_and_bad_requests_leave_nothing(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done:
            raise Cancelled

    recipe = load_recipe("tiny-dyad")
    with pytest.raises(Cancelled):
        write_truth_only(recipe, frames=60, seed=1, out=tmp_path / "out", on_progress=stop)
    with pytest.raises(BadRequest, match="seed"):
        write_truth_only(recipe, frames=60, seed=-1, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_bouts_with_a_gap_are_refused_on_reading(tmp_path: Path) -> None:
    out = write_truth_only(load_recipe("tiny-dyad"), frames=60, seed=1, out=tmp_path / "out")
    document = json.loads((out / "recording.json").read_text())
    document["bouts"].pop()
    (out / "recording.json").write_text(json.dumps(document))
    with pytest.raises(BadRecording, match=r"recording\.json: damaged"):
        load_truth(out)


def test_command_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ["synth", "--recipe", "tiny-dyad", "--truth-only", "--hours", "0.01", "--out", str(out), "--json"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["frame_count"] == 540
    assert len(load_truth(out)) == 540
    twice = CliRunner().invoke(main, [*asked[:-3], "--out", str(tmp_path / "b"), "--seconds", "3"])
    assert twice.exit_code == 2
