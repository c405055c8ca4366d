from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.data.sync import MISSING
from sbea_engine.synth import Recipe, RecordingFiles, load_truth, render_recording
from sbea_engine.synth.folder import BadRequest
from sbea_engine.synth.labelling import shared_ticks
from sbea_engine.synth.timing import plan_sync
from sbea_engine.synth.truth import BadRecording

TICKS = 24


def frames_of(file: Path) -> np.ndarray:
    import av

    with av.open(str(file)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)]).astype(np.float32)


def plan(seed: int = 3, *, ticks: int = 4000, start_ticks: int = 30, drop_share: float = 0.1) -> np.ndarray:
    chances = {f"v{i}": np.random.default_rng((seed, i)) for i in range(4)}
    return plan_sync(chances, ticks=ticks, start_ticks=start_ticks, drop_share=drop_share).frames


class TestPlan:
    @pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.5])
    def test_loses_the_share_that_was_asked_for(self, share: float) -> None:
        frames = plan(drop_share=share)
        for row in frames:
            after = row[np.flatnonzero(row == 0)[0] :]
            assert (after == MISSING).mean() == pytest.approx(share, abs=0.03 if share else 0)

    def test_starts_are_late_by_no_more_than_asked_and_differ(self) -> None:
        starts = [int(np.flatnonzero(row == 0)[0]) for row in plan()]
        assert max(starts) <= 30
        assert len(set(starts)) > 1

    def test_every_frame_is_shown_once_in_order(self) -> None:
        for row in plan(drop_share=0.4):
            shown = row[row != MISSING]
            np.testing.assert_array_equal(shown, np.arange(len(shown)))

    def test_a_view_more_changes_none_of_the_others(self) -> None:
        chances = {f"v{i}": np.random.default_rng((3, i)) for i in range(2)}
        two = plan_sync(chances, ticks=4000, start_ticks=30, drop_share=0.1).frames
        np.testing.assert_array_equal(plan()[:2], two)


@pytest.fixture(scope="module")
def late(recipe: Recipe) -> Recipe:
    return recipe.timed(start_offset_s=0.4, drop_share=0.2)


@pytest.fixture(scope="module")
def together(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> RecordingFiles:
    out = tmp_path_factory.mktemp("together") / "out"
    return render_recording(recipe, cameras=2, frames=TICKS, seed=8, labels=0, out=out)


@pytest.fixture(scope="module")
def apart(late: Recipe, tmp_path_factory: pytest.TempPathFactory) -> RecordingFiles:
    out = tmp_path_factory.mktemp("apart") / "out"
    return render_recording(late, cameras=2, frames=TICKS, seed=8, labels=5, out=out)


class TestRecording:
    def test_the_frame_shown_at_a_tick_shows_that_tick(
        self, apart: RecordingFiles, together: RecordingFiles
    ) -> None:
        truth = load_truth(apart.folder)
        missing = 0
        for view in truth.views:
            shown, all_ticks = frames_of(apart.videos[view]), frames_of(together.videos[view])
            row = truth.sync.frames_of(view)
            missing += int((row == MISSING).sum())
            assert len(shown) == (row != MISSING).sum()
            for tick in np.flatnonzero(row != MISSING):
                off = np.abs(all_ticks - shown[row[tick]]).mean((1, 2, 3))
                assert off.argmin() == tick
        assert missing > 4

    def test_truth_is_by_tick_and_is_that_of_a_recording_in_step(
        self, apart: RecordingFiles, together: RecordingFiles
    ) -> None:
        a, b = load_truth(apart.folder), load_truth(together.folder)
        np.testing.assert_array_equal(a.points_mm, b.points_mm)
        np.testing.assert_array_equal(b.sync.frames, np.tile(np.arange(TICKS), (2, 1)))
        assert "sync" not in json.loads(together.recording.read_text())
        for view in a.views:
            np.testing.assert_array_equal(a.views[view].visible, b.views[view].visible)
            assert apart.masks[view].read_bytes() == together.masks[view].read_bytes()

    def test_labels_name_frames_of_the_videos(self, apart: RecordingFiles) -> None:
        truth, labels = load_truth(apart.folder), LabelSet.load(apart.folder)
        moved = 0
        for source, points, said in zip(labels.frames, labels.points_px, labels.visibility, strict=True):
            tick = int(np.flatnonzero(truth.sync.frames_of(source.video) == source.index)[0])
            assert tick in shared_ticks(truth.sync)
            moved += tick != source.index
            placed = said >= Visibility.GUESSED
            np.testing.assert_allclose(points[placed], truth.views[source.video].points_px[tick][placed])
        assert moved > 0


class TestBadInput:
    def test_more_labels_than_ticks_that_all_views_show_are_refused(
        self, late: Recipe, tmp_path: Path
    ) -> None:
        with pytest.raises(BadRequest, match="that every view shows"):
            render_recording(late, cameras=2, frames=TICKS, seed=8, labels=TICKS, out=tmp_path / "out")
        assert list(tmp_path.iterdir()) == []

    def test_a_start_after_the_end_is_refused(self, recipe: Recipe, tmp_path: Path) -> None:
        late = recipe.timed(start_offset_s=5.0, drop_share=None)
        with pytest.raises(BadRequest, match="miss a recording"):
            render_recording(late, frames=TICKS, labels=0, out=tmp_path / "out")

    @pytest.mark.parametrize(
        "change",
        [
            {"ticks": TICKS + 1},
            {"views": {"ceiling": [[0, 0, 5]]}},
            {"views": {"ceiling": [[0, 0, 5]], "ring-9": [[0, 0, 5]]}},
            {"views": {"ceiling": [[0, 1, 5]], "ring-1": [[0, 0, 5]]}},
            {"views": {"ceiling": [[0, 0, 2], [2, 5, 2]], "ring-1": [[0, 0, 5]]}},
            {"views": {"ceiling": [], "ring-1": [[0, 0, 5]]}},
            {"views": {"ceiling": [[5, 0, 2], [2, 5, 2]], "ring-1": [[0, 0, 5]]}},
        ],
    )
    def test_the_table_of_another_recording_is_refused(
        self, apart: RecordingFiles, tmp_path: Path, change: dict
    ) -> None:
        for file in apart.folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        document = json.loads((tmp_path / "recording.json").read_text())
        document["sync"] |= change
        (tmp_path / "recording.json").write_text(json.dumps(document))
        with pytest.raises(BadRecording, match=r"recording\.json: damaged"):
            load_truth(tmp_path)
