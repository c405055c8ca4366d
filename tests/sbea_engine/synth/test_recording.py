from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.data.camera import Camera
from sbea_engine.errors import BadInput, Cancelled
from sbea_engine.progress import Progress
from sbea_engine.synth import Recipe, RecordingFiles, Truth, load_recipe, load_truth, render_recording
from sbea_engine.synth.exposure import Exposure
from sbea_engine.synth.folder import BadRequest
from sbea_engine.synth.masks import decode_mask
from sbea_engine.synth.recording import build_scene, keypoint_visibility
from sbea_engine.synth.render import Renderer, Scene
from sbea_engine.synth.truth import BadRecording

from .conftest import FRAMES, SEED


def frames_of(file: Path) -> np.ndarray:
    import av

    with av.open(str(file)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


TRUNK = ("rump", "tail root", "pelvis", "loin", "back")
OWN_PARTS = {
    "snout": ("nose", "snout", "muzzle"),
    "left ear": ("left ear", "left inner ear"),
    "right ear": ("right ear", "right inner ear"),
    "left hip": (*TRUNK, "left thigh", "left shank"),
    "right hip": (*TRUNK, "right thigh", "right shank"),
}


def mm_in_front(
    scene: Scene,
    frame: int,
    camera: Camera,
    point_mm: np.ndarray,
    *,
    without: tuple[str, ...],
    grown_mm: float,
) -> float:
    """How far before a point the ray from the camera first enters a part other than those; 0 if none does."""
    animal = scene.animals[0]
    others = [i for i, part in enumerate(animal.plan.parts) if part.name not in without]
    surface = animal.motion.surface
    eye = -camera.R.T @ camera.t
    into = surface.rotation[frame, others].transpose(0, 2, 1) / (
        surface.radii_mm[frame, others][..., None] + grown_mm
    )
    start = np.einsum("pij,pj->pi", into, eye - surface.centre_mm[frame, others])
    step = into @ (point_mm - eye)
    a, b, c = (step**2).sum(1), (start * step).sum(1), (start**2).sum(1) - 1
    meets = b**2 > a * c
    enters = (-b[meets] - np.sqrt(b[meets] ** 2 - a[meets] * c[meets])) / a[meets]
    before = enters[(enters > 0) & (enters < 1)]
    return float((1 - before.min()) * np.linalg.norm(point_mm - eye)) if len(before) else 0.0


class TestFolder:
    def test_holds_what_it_says(self, files: RecordingFiles, recipe: Recipe) -> None:
        names = {p.name for p in files.folder.iterdir()}
        views = {f"{c}.mp4" for c in files.videos} | {f"masks-{c}.json" for c in files.videos}
        assert names == views | {"recording.json", "truth.npz", "labels.json"}
        document = json.loads(files.recording.read_text())
        assert document["seed"] == SEED
        assert document["recipe"]["arena"]["litter"] == recipe.arena.litter
        assert not list(files.folder.parent.glob(".*"))

    def test_videos_have_the_frames(self, files: RecordingFiles, recipe: Recipe) -> None:
        for video in files.videos.values():
            assert frames_of(video).shape == (FRAMES, recipe.cameras.height, recipe.cameras.width, 3)

    def test_video_shows_what_was_rendered(self, files: RecordingFiles, scene: Scene, recipe: Recipe) -> None:
        camera = recipe.cameras.cameras(3, scene.arena)[0]
        look = Renderer(scene, camera, Exposure(samples=2, noise=0), np.random.default_rng(0))
        still = look.render(4, np.random.default_rng(0)).image.astype(float)
        filmed = frames_of(files.videos["ceiling"])[4].astype(float)
        assert np.abs(filmed - still).mean() < 4


class TestTruth:
    def test_keypoints_reproject(self, truth: Truth) -> None:
        for view in truth.views.values():
            seen = truth.points_mm.astype(np.float64) @ view.camera.R.T + view.camera.t
            px = seen @ view.camera.K.T
            np.testing.assert_allclose(view.points_px, px[..., :2] / px[..., 2:], atol=1e-4)

    def test_visible_keypoints_lie_on_the_animal_or_just_beside_it(self, truth: Truth) -> None:
        count = 0
        for name, view in truth.views.items():
            masks = truth.masks(name, "amodal")
            for f in range(len(truth)):
                wide = cv2.dilate(masks.at(f)[0].astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
                points = np.rint(view.points_px[f, 0][view.visible[f, 0]]).astype(int)
                count += len(points)
                assert wide[points[:, 1], points[:, 0]].all()
        assert count > FRAMES * 3 * 4

    def test_visible_masks_lie_in_the_amodal_ones(self, truth: Truth) -> None:
        for name in truth.views:
            visible, amodal = truth.masks(name, "visible"), truth.masks(name, "amodal")
            for f in range(len(truth)):
                assert not (visible.at(f) & ~amodal.at(f)).any()
                assert visible.at(f).any()

    def test_some_keypoints_are_hidden_and_most_seen_from_above(self, truth: Truth) -> None:
        assert truth.views["ceiling"].visible.mean() > 0.75
        assert not np.all([v.visible.all() for v in truth.views.values()])

    def test_the_far_hip_is_hidden_from_the_side(self, truth: Truth) -> None:
        """Where a ring camera sees one hip only, it is the nearer one."""
        left, right = (truth.skeleton.index(n) for n in ("left hip", "right hip"))
        cases = 0
        for view in truth.views.values():
            depth = truth.points_mm @ view.camera.R[2] + view.camera.t[2]
            one = view.visible[..., left] ^ view.visible[..., right]
            nearer = np.where(depth[..., left] < depth[..., right], left, right)[one]
            shown = np.where(view.visible[..., left], left, right)[one]
            cases += one.sum()
            assert (nearer == shown).all()
        assert cases > 3

    def test_same_seed_same_bytes_and_another_seed_another(
        self, recipe: Recipe, files: RecordingFiles, truth: Truth, tmp_path: Path
    ) -> None:
        again = render_recording(
            recipe, cameras=1, frames=FRAMES, seed=SEED, labels=4, out=tmp_path / "again"
        )
        # A camera fewer changes nothing for those that stay.
        for name in ("ceiling.mp4", "masks-ceiling.json"):
            assert (again.folder / name).read_bytes() == (files.folder / name).read_bytes()
        np.testing.assert_array_equal(load_truth(again.folder).points_mm, truth.points_mm)
        assert (again.folder / "truth.npz").read_bytes() != files.truth.read_bytes()  # three cameras there
        twin = render_recording(recipe, frames=FRAMES, seed=SEED, labels=0, out=tmp_path / "twin")
        assert twin.truth.read_bytes() == again.truth.read_bytes()
        assert twin.labels is None
        other = render_recording(recipe, frames=2, seed=SEED + 1, labels=0, out=tmp_path / "other")
        assert np.abs(load_truth(other.folder).points_mm[0] - truth.points_mm[0]).max() > 5
        assert not np.array_equal(
            frames_of(other.videos["ceiling"])[0], frames_of(files.videos["ceiling"])[0]
        )


class TestVisibility:
    def test_of_the_file_is_that_of_a_frame_drawn_alone(
        self, scene: Scene, recipe: Recipe, truth: Truth
    ) -> None:
        camera = recipe.cameras.cameras(3, scene.arena)[1]
        look = Renderer(scene, camera, Exposure(samples=2, noise=0), np.random.default_rng(0))
        view = look.render(0, np.random.default_rng(0))
        got = keypoint_visibility(scene, camera, view, truth.points_mm[0])
        np.testing.assert_array_equal(got, truth.views[camera.name].visible[0])

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", [3, 7])
    def test_is_what_rays_through_the_parts_say(self, seed: int) -> None:
        """From a keypoint to the camera: its own part does not hide it, another one well in front does."""
        recipe = load_recipe("solo")
        scene = build_scene(recipe, frames=160, seed=seed)
        animal = scene.animals[0]
        shown = dict.fromkeys(OWN_PARTS, 0)
        hidden = 0
        for camera in recipe.cameras.cameras(2, scene.arena):
            look = Renderer(scene, camera, Exposure(samples=1, noise=0), np.random.default_rng(0))
            for f in range(0, 160, 8):
                view = look.render(f, np.random.default_rng(0))
                points = animal.motion.points_mm[f].astype(np.float32)
                got = keypoint_visibility(scene, camera, view, points[None])[0]
                for name, own in OWN_PARTS.items():
                    k = animal.plan.skeleton.index(name)
                    depth = animal.plan.keypoints[k].depth_mm
                    # grown by about what melting adds, so that free is free
                    thick, thin = (
                        mm_in_front(scene, f, camera, points[k], without=own, grown_mm=grown)
                        for grown in (1.0, 0.0)
                    )
                    if camera.name == "ceiling" and thick == 0:
                        assert got[k], (name, f)
                        shown[name] += 1
                    elif thin > depth + 2:
                        assert not got[k], (name, f, camera.name)
                        hidden += 1
        assert min(shown.values()) >= 12
        assert hidden >= 3

    def test_out_of_the_picture_is_not_visible(self, scene: Scene, recipe: Recipe) -> None:
        camera = recipe.cameras.cameras(1, scene.arena)[0]
        view = Renderer(scene, camera, Exposure(samples=1, noise=0), np.random.default_rng(0)).render(
            0, np.random.default_rng(0)
        )
        points = np.full((1, len(scene.animals[0].plan.keypoints), 3), 4000.0, np.float32)
        assert not keypoint_visibility(scene, camera, view, points).any()


class TestLabels:
    def test_say_what_the_truth_says(self, files: RecordingFiles, truth: Truth) -> None:
        labels = LabelSet.load(files.folder)
        assert len(labels) == 4 * len(truth.views)
        for source, points, said in zip(labels.frames, labels.points_px, labels.visibility, strict=True):
            view = truth.views[source.video]
            assert source.path == truth.video(source.video)
            np.testing.assert_array_equal(said == Visibility.VISIBLE, view.visible[source.index])
            placed = said >= Visibility.GUESSED
            np.testing.assert_allclose(points[placed], view.points_px[source.index][placed])
            outside = ~view.camera.holds(view.points_px[source.index])
            np.testing.assert_array_equal(said == Visibility.ABSENT, outside)

    def test_say_when_each_frame_is_shown(self, files: RecordingFiles, truth: Truth) -> None:
        for source in LabelSet.load(files.folder).frames:
            assert source.tick is not None
            assert truth.sync.frames_of(source.video)[source.tick] == source.index

    def test_are_spread_over_the_recording(self, files: RecordingFiles) -> None:
        rows = sorted(s.index for s in LabelSet.load(files.folder).frames if s.video == "ceiling")
        assert len(set(rows)) == 4
        assert rows[0] < FRAMES / 4
        assert rows[-1] >= 3 * FRAMES / 4


class TestBadInput:
    def test_cancel_leaves_nothing(self, recipe: Recipe, tmp_path: Path) -> None:
        def stop(progress: Progress) -> None:
            if progress.done == 2:
                raise Cancelled

        with pytest.raises(Cancelled):
            render_recording(recipe, frames=6, labels=0, out=tmp_path / "out", on_progress=stop)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_with_something_in_it_is_kept(self, recipe: Recipe, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.txt").write_text("mine")
        with pytest.raises(BadRequest, match="is there already"):
            render_recording(recipe, frames=3, labels=0, out=tmp_path / "out")
        assert [p.name for p in tmp_path.rglob("*")] == ["out", "thesis.txt"]

    @pytest.mark.parametrize("out", [".", "..", "sub/..", "/", "../here"])
    def test_the_folder_one_is_in_is_refused_before_any_work(
        self, recipe: Recipe, tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "here" / "sub").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "here")
        told: list[Progress] = []
        with pytest.raises(BadRequest, match="Name a new folder"):
            render_recording(recipe, frames=3, labels=0, out=Path(out), on_progress=told.append)
        assert told == []
        assert sorted(p.name for p in tmp_path.rglob("*")) == ["here", "sub"]

    def test_what_cannot_be_done_is_said_before_the_animals_are_planned(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A million frames of motion take minutes: a camera too many or a full folder is known at once."""

        def planned(*_: object, **__: object) -> None:
            raise AssertionError("the scene was built first")

        monkeypatch.setattr("sbea_engine.synth.recording.build_scene", planned)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").touch()
        recipe = load_recipe("tiny")
        usual: dict[str, Any] = {"frames": 3, "labels": 0, "out": tmp_path / "new"}
        for asked in ({"cameras": 99}, {"labels": 4}, {"seed": -1}, {"out": tmp_path / "out"}):
            with pytest.raises(BadInput):
                render_recording(recipe, **(usual | asked))

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"frames": 5, "seconds": 1.0},
            {"frames": 1},
            {"seconds": -3.0},
            {"seconds": float("nan")},
            {"frames": 5, "labels": 6},
            {"frames": 5, "seed": -1},
            {"frames": 5, "labels": -1},
        ],
    )
    def test_a_request_that_makes_no_sense_is_refused(
        self, recipe: Recipe, tmp_path: Path, asked: dict
    ) -> None:
        with pytest.raises(BadRequest):
            render_recording(recipe, **({"labels": 0} | asked), out=tmp_path / "out")
        assert list(tmp_path.iterdir()) == []

    def test_progress_runs_to_its_total(self, recipe: Recipe, tmp_path: Path) -> None:
        told: list[Progress] = []
        render_recording(recipe, cameras=2, frames=2, labels=0, out=tmp_path / "out", on_progress=told.append)
        assert [p.done for p in told] == [0, 1, 2, 3, 4]
        assert {p.total for p in told} == {4}


class TestLoadTruth:
    @pytest.fixture
    def copy(self, files: RecordingFiles, tmp_path: Path) -> Path:
        for file in files.folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        return tmp_path

    def test_an_empty_folder_is_no_recording(self, tmp_path: Path) -> None:
        with pytest.raises(BadRecording, match=r"recording\.json: not there"):
            load_truth(tmp_path)

    def test_a_cut_archive_is_named(self, copy: Path) -> None:
        data = (copy / "truth.npz").read_bytes()
        (copy / "truth.npz").write_bytes(data[: len(data) // 2])
        with pytest.raises(BadRecording, match=r"truth\.npz"):
            load_truth(copy)

    def test_arrays_of_another_length_are_refused(self, copy: Path) -> None:
        document = json.loads((copy / "recording.json").read_text())
        del document["bouts"]
        (copy / "recording.json").write_text(json.dumps(document | {"frame_count": FRAMES + 1}))
        with pytest.raises(BadRecording, match="must be"):
            load_truth(copy)

    @pytest.mark.parametrize(
        "hostile",
        ["NaN", "Infinity", "1e999", "-1", "1.5", "true", "null", "[]", "{}", '"x"', "9" * 5000, "[" * 9999],
    )
    def test_a_hostile_value_anywhere_is_refused_or_harmless(self, copy: Path, hostile: str) -> None:
        """Whatever one value is replaced by, reading ends in `BadRecording` or in a truth of full shape."""
        text = (copy / "recording.json").read_text()
        document = json.loads(text)
        places = [(document, k) for k in document]
        places += [(document["cameras"][0], k) for k in document["cameras"][0]]
        places += [(document["bouts"][0], k) for k in document["bouts"][0]]
        places += [(document["skeleton"], k) for k in document["skeleton"]]
        refused = 0
        for table, key in places:
            kept, table[key] = table[key], "HERE"
            (copy / "recording.json").write_text(json.dumps(document).replace('"HERE"', hostile))
            table[key] = kept
            try:
                truth = load_truth(copy)
            except BadRecording:
                refused += 1
            else:
                assert len(truth) == FRAMES
                assert 0 < truth.fps < 1e6
        assert refused > 10

    def test_bouts_that_are_there_but_empty_are_refused(self, copy: Path) -> None:
        document = json.loads((copy / "recording.json").read_text())
        (copy / "recording.json").write_text(json.dumps(document | {"bouts": []}))
        with pytest.raises(BadRecording, match="end after 0 frames"):
            load_truth(copy)

    def test_a_missing_mask_file_and_an_unknown_camera_are_named(self, copy: Path) -> None:
        truth = load_truth(copy)
        (copy / "masks-ceiling.json").unlink()
        with pytest.raises(BadRecording, match=r"masks-ceiling\.json"):
            truth.masks("ceiling", "visible")
        with pytest.raises(BadRecording, match="no camera 'cellar'"):
            truth.masks("cellar", "visible")

    def test_masks_of_too_few_frames_are_refused(self, copy: Path) -> None:
        document = json.loads((copy / "masks-ceiling.json").read_text())
        document["visible"].pop()
        (copy / "masks-ceiling.json").write_text(json.dumps(document))
        with pytest.raises(BadRecording, match="visible must hold"):
            load_truth(copy).masks("ceiling", "visible")

    def test_codes_in_the_file_are_coco_codes(self, copy: Path, recipe: Recipe) -> None:
        code = json.loads((copy / "masks-ceiling.json").read_text())["amodal"][0][0]
        assert code["size"] == [recipe.cameras.height, recipe.cameras.width]
        assert decode_mask(code).any()
