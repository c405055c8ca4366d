"""Stores of several views smoothed together: by the command, with late cameras, and in spite of a kill."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sbea_engine.cli import main
from sbea_engine.data import Poses, SyncTable
from sbea_engine.data.sync import MISSING
from sbea_engine.errors import Cancelled
from sbea_engine.geometry import reproject
from sbea_engine.io.poses_store import BadPosesStore, PosesWriter, open_poses, write_poses
from sbea_engine.kinematics.smoothing import BadSmoothing, SmoothingConfig, confidence_of
from sbea_engine.pipelines import smooth_views as smooth_module
from sbea_engine.pipelines.smooth_views import smooth_stores
from sbea_engine.pipelines.views_on_ticks import BadViews
from sbea_engine.progress import Progress
from tests.fixtures.looking_rig import looking_rig
from tests.fixtures.noisy_motion import RADIUS_PX, true_motion

TICKS, LATE = 240, 7
VIEWS = ("left", "right", "top")
HIDDEN = slice(100, 150)
CONFIGS = {view: SmoothingConfig(radius_px=RADIUS_PX) for view in VIEWS}
SYNC = SyncTable(
    views=VIEWS,
    frames=np.stack(
        [
            np.arange(TICKS),
            np.where(np.arange(TICKS) >= LATE, np.arange(TICKS) - LATE, MISSING),  # began late
            np.arange(TICKS) + 3,  # began early: three frames that no tick shows
        ]
    ),
)


class Seen:
    """Stores of three far views of one animal, and the truth at each tick, (view, tick, 1, keypoint, 2)."""

    def __init__(self, folder: Path) -> None:
        points_mm, skeleton = true_motion(folder, TICKS, seed=2)
        self.truth = reproject(looking_rig(times_as_far=30), points_mm)
        rng = np.random.default_rng(4)
        sigma = np.exp(rng.uniform(0, np.log(4), self.truth.shape[:-1]))
        answers = self.truth + sigma[..., None] * rng.normal(0, 1, self.truth.shape)
        answers[0, HIDDEN, :, 0] = np.nan
        confidence = np.where(np.isnan(answers[..., 0]), 0, confidence_of(sigma**2, RADIUS_PX))
        self.stores: dict[str, Path] = {}
        for v, view in enumerate(VIEWS):
            there = SYNC.frames[v] != MISSING
            frames = SYNC.frames[v][there]
            poses = Poses(
                skeleton=skeleton,
                individuals=("mouse",),
                frames=frames,
                points_px=answers[v, there].astype(np.float32),
                confidence=confidence[v, there].astype(np.float32),
                provenance={"weights_sha256": f"of {view}"},
            )
            self.stores[view] = write_poses(poses, folder / view)

    def error(
        self, places: Mapping[str, Path], ticks: slice = slice(None), keypoint: Any = slice(None)
    ) -> Any:
        """Root mean square distance of what is there, by view."""
        found = []
        for v, view in enumerate(VIEWS):
            at = np.full(self.truth.shape[1:], np.nan)
            poses = open_poses(places[view]).window()
            at[SYNC.ticks_of(view, int(poses.frames[-1]) + 1)[poses.frames]] = poses.points_px
            off = np.linalg.norm(at - self.truth[v], axis=-1)[ticks, :, keypoint]
            found.append(float(np.sqrt(np.nanmean(off**2))))
        return np.array(found)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return Seen(tmp_path_factory.mktemp("views"))


def sbea(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def named(stores: Mapping[str, Path]) -> list[str]:
    return [word for view, store in stores.items() for word in ("--poses", f"{view}={store}")]


@pytest.mark.slow
def test_the_command_smooths_late_views_together(seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "sync.json").write_text(json.dumps(SYNC.to_dict()))
    done = sbea(
        "pose", "smooth", *named(seen.stores), "--out", tmp_path / "out", "--radius", RADIUS_PX,
        "--sync", tmp_path / "sync.json", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["ticks"], said["smoothed_now"], said["dimensions"]) == (TICKS, TICKS, 3)
    places = {view: tmp_path / "out" / view for view in VIEWS}
    assert (seen.error(places) < 0.75 * seen.error(seen.stores)).all()
    assert seen.error(places, HIDDEN, 0)[0] < 3  # which the first view had not answered at all
    for v, view in enumerate(VIEWS):
        store = open_poses(places[view])
        assert store.complete
        np.testing.assert_array_equal(store.frames, SYNC.frames[v][SYNC.frames[v] != MISSING])
        assert store.provenance["weights_sha256"] == f"of {view}"


@pytest.mark.slow
def test_out_of_step_they_are_of_no_help(seen: Seen, tmp_path: Path) -> None:
    """Without the table the views seem to move otherwise than a rigid scene can."""
    with_table = smooth_stores(seen.stores, tmp_path / "with", CONFIGS, sync=SYNC)
    without = smooth_stores(seen.stores, tmp_path / "without", CONFIGS)
    assert (seen.error(with_table.stores) < seen.error(without.stores)).all()


@pytest.mark.slow
def test_goes_on_after_a_kill_to_the_same_bytes(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smooth_module, "WINDOW", 60)
    monkeypatch.setattr(smooth_module, "OVERLAP", 30)
    monkeypatch.setattr(smooth_module, "PosesWriter", partial(PosesWriter, chunk=50))
    whole = smooth_stores(seen.stores, tmp_path / "whole", CONFIGS, sync=SYNC)

    def stop(progress: Progress) -> None:
        if progress.done >= 120:
            raise Cancelled

    with pytest.raises(Cancelled):
        smooth_stores(seen.stores, tmp_path / "parts", CONFIGS, sync=SYNC, on_progress=stop)
    rest = smooth_stores(seen.stores, tmp_path / "parts", CONFIGS, sync=SYNC)
    assert 0 < rest.smoothed_now < TICKS
    for view in VIEWS:
        one, other = open_poses(whole.stores[view]).window(), open_poses(rest.stores[view]).window()
        np.testing.assert_array_equal(one.points_px, other.points_px)
        np.testing.assert_array_equal(one.confidence, other.confidence)
    assert smooth_stores(seen.stores, tmp_path / "parts", CONFIGS, sync=SYNC).smoothed_now == 0


@pytest.mark.slow
def test_other_settings_are_another_run(seen: Seen, tmp_path: Path) -> None:
    smooth_stores(seen.stores, tmp_path, CONFIGS, sync=SYNC)
    others = {view: SmoothingConfig(radius_px=2) for view in VIEWS}
    with pytest.raises(BadPosesStore, match="another run"):
        smooth_stores(seen.stores, tmp_path, others, sync=SYNC)


def test_what_cannot_be_smoothed_together(seen: Seen, tmp_path: Path) -> None:
    left = {"left": seen.stores["left"]}
    with pytest.raises(BadSmoothing, match="two or more of them, got 1"):
        smooth_stores(left, tmp_path, CONFIGS)
    with pytest.raises(BadSmoothing, match="beside the raw ones"):
        smooth_stores(seen.stores, seen.stores["left"].parent, CONFIGS)
    with pytest.raises(BadSmoothing, match="without slashes"):
        smooth_stores({**left, "../up": seen.stores["top"]}, tmp_path, CONFIGS)
    raw = open_poses(seen.stores["top"]).window()
    renamed = (*raw.skeleton.keypoints[:-1], "beak")
    write_poses(
        Poses(
            skeleton=type(raw.skeleton)(keypoints=renamed),
            individuals=raw.individuals,
            frames=raw.frames,
            points_px=raw.points_px,
            confidence=raw.confidence,
            provenance={},
        ),
        tmp_path / "bird",
    )
    with pytest.raises(BadViews, match=r"unlike keypoints: .*beak"):
        smooth_stores({**left, "top": tmp_path / "bird"}, tmp_path / "out", CONFIGS)
    places = Poses(
        skeleton=raw.skeleton,
        individuals=("one", "two"),
        frames=raw.frames,
        points_px=np.repeat(raw.points_px, 2, axis=1),
        confidence=np.repeat(raw.confidence, 2, axis=1),
        provenance={"individuals_are_places": True},
    )
    write_poses(places, tmp_path / "pair")
    with pytest.raises(BadSmoothing, match="view top does not tell individuals apart"):
        smooth_stores({**left, "top": tmp_path / "pair"}, tmp_path / "out", CONFIGS)
    assert not (tmp_path / "out").exists()


def altered(store: Path, place: Path, **changes: Any) -> Path:
    """A copy of a store in which something is otherwise."""
    raw = open_poses(store).window()
    return write_poses(replace(raw, **changes), place)


@pytest.mark.slow
def test_nothing_is_made_where_something_is_wrong(seen: Seen, tmp_path: Path) -> None:
    raw = open_poses(seen.stores["top"]).window()
    nowhere = altered(seen.stores["top"], tmp_path / "nan", points_px=np.full_like(raw.points_px, np.nan))
    rat = altered(seen.stores["top"], tmp_path / "rat", individuals=("rat",))
    never = SyncTable(views=VIEWS, frames=np.full((3, 50), MISSING))
    for top, table, message in (
        (nowhere, SYNC, "Only 0 points are seen by all 3"),
        (rat, SYNC, "left: mouse; right: mouse; top: rat"),
        (seen.stores["top"], never, "No view shows a frame"),
    ):
        with pytest.raises(BadSmoothing, match=message):
            smooth_stores({**seen.stores, "top": top}, tmp_path / "out", CONFIGS, sync=table)
        assert not (tmp_path / "out").exists()
    (tmp_path / "out" / "top").mkdir(parents=True)
    (tmp_path / "out" / "top" / "notes.txt").write_text("mine")
    with pytest.raises(BadPosesStore, match="holds other files"):
        smooth_stores(seen.stores, tmp_path / "out", CONFIGS, sync=SYNC)
    assert [file.name for file in (tmp_path / "out").rglob("*")] == ["top", "notes.txt"]


@pytest.mark.slow
def test_poses_that_have_changed_are_another_run(seen: Seen, tmp_path: Path) -> None:
    smooth_stores(seen.stores, tmp_path / "out", CONFIGS, sync=SYNC)
    raw = open_poses(seen.stores["top"]).window()
    moved = altered(seen.stores["top"], tmp_path / "moved", points_px=raw.points_px + np.float32(1))
    with pytest.raises(BadPosesStore, match="another run"):
        smooth_stores({**seen.stores, "top": moved}, tmp_path / "out", CONFIGS, sync=SYNC)


@pytest.mark.slow
def test_ticks_without_a_frame_cost_nothing(seen: Seen, tmp_path: Path) -> None:
    """A table may claim ten million ticks."""
    long = np.full((3, 3_000_000), MISSING)
    long[:, -TICKS:] = SYNC.frames
    found = smooth_stores(seen.stores, tmp_path, CONFIGS, sync=SyncTable(views=VIEWS, frames=long))
    assert found.dimensions == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--poses", "a", "--poses", "b", "--radius", "5"], "VIEW=STORE"),
        (["--poses", "a=x", "--poses", "a=y", "--radius", "5"], "named twice"),
        (["--poses", "a", "--sync", "s", "--radius", "5"], "several views"),
        (["--poses", "a=x", "--poses", "b=y"], "either --model or --radius"),
        (["--poses", "a", "--radius", "0"], "radius_px must be above 0"),
        (["--poses", "a", "--radius", "1e300"], "radius_px must be above 0"),
        (["--poses", "a", "--radius", "5", "--max-gap", "9" * 20], "max_gap_frames must be 0 to"),
    ],
)
def test_a_wrong_command_line_is_told(tmp_path: Path, words: list[str], message: str) -> None:
    done = sbea("pose", "smooth", *words, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert message in done.output + done.stderr
    assert not (tmp_path / "out").exists()
