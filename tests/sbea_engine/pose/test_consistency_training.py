from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.errors import Cancelled
from sbea_engine.nn.checkpoint import BadCheckpoint
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.consistency_config import ConsistencyConfig
from sbea_engine.pose.consistency_training import RAMP_SHARE, Consistency
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.factory import create, load
from sbea_engine.pose.inference import as_batch
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.network_estimator import NetworkEstimator
from sbea_engine.pose.plan import Size, WorkingPlan, to_source
from sbea_engine.pose.training import Training, build_model
from sbea_engine.progress import Progress
from sbea_engine.video.errors import BadVideo
from tests.fixtures.kites import SIZE, write_kite

VIEWS = ("top", "tilted", "side")
PLAN = WorkingPlan(scale=1.0, crop_px=64, radius_px=2.5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kite")


@pytest.fixture(scope="module")
def kite(folder: Path) -> LabelSet:
    """Ten labels of one view."""
    return write_kite(folder / "one", 40)


@pytest.fixture(scope="module")
def filmed(folder: Path) -> LabelSet:
    """Ten moments in three views."""
    return write_kite(folder / "three", 40, views=VIEWS)


def config_of(labels: LabelSet, *, family: str = "pyramid", steps: int = 6, **terms: Any) -> PoseConfig:
    """With the labels' own videos as the unlabelled ones; without terms where no weight is given."""
    videos = tuple(dict.fromkeys(str(frame.path) for frame in labels.frames))
    return PoseConfig(
        preset="tiny",
        family=family,
        threads=1,
        device="cpu",
        precision="fp32",
        iterations=steps,
        consistency=ConsistencyConfig(videos=videos, **terms) if terms else None,
    )


def fit(labels: LabelSet, config: PoseConfig, **more: Any) -> NetworkEstimator[Any, Any]:
    model = create(config).fit(labels, **more)
    assert isinstance(model, NetworkEstimator)
    return model


@pytest.fixture(scope="module")
def beginner(filmed: LabelSet) -> PoseNetwork:
    """A network that has begun to see kites: before that its maps have no peak, and no position is sure."""
    model = fit(filmed, config_of(filmed, steps=40)).model_
    assert isinstance(model, PoseNetwork)
    return model


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(
        torch.equal(mine, theirs)
        for mine, theirs in zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    )


def lighter(config: PoseConfig) -> PoseConfig:
    """With a fifth of the weights."""
    assert config.consistency is not None
    return replace(config, consistency=replace(config.consistency, temporal=1, pose=1))


def terms_of(labels: LabelSet, **terms: Any) -> Consistency:
    sizes = [Size(*SIZE)] * len(labels)
    return Consistency(labels, config_of(labels, **terms), PLAN, sizes)


class TestTraining:
    @pytest.mark.slow
    def test_same_seed_same_weights_and_others_where_terms_weigh_less(self, kite: LabelSet) -> None:
        config = config_of(kite, steps=25, temporal=5, reach=0.0, pose=5)
        once, again = fit(kite, config), fit(kite, config)
        assert same(once.model_, again.model_)
        assert not same(once.model_, fit(kite, lighter(config)).model_)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("family", "steps"), [("pose_machine", 30), ("heatmap_unet", 12), ("two_stage", 90)]
    )
    def test_each_family_that_takes_them_learns_from_them(
        self, family: str, steps: int, kite: LabelSet
    ) -> None:
        config = config_of(kite, family=family, steps=steps, temporal=5, reach=0.0, pose=5)
        assert not same(fit(kite, config).model_, fit(kite, lighter(config)).model_)

    def test_another_seed_sees_other_clips(self, kite: LabelSet) -> None:
        config = config_of(kite, temporal=1, clips=5)
        starts = [
            [clip.start for (clip,) in Consistency(kite, c, PLAN, [Size(*SIZE)]).clips]
            for c in (config, config, replace(config, seed=1))
        ]
        assert starts[0] == starts[1] != starts[2]

    @pytest.mark.slow
    def test_a_run_that_was_stopped_goes_on_to_the_same_weights(self, kite: LabelSet, tmp_path: Path) -> None:
        config = config_of(kite, steps=25, temporal=5, reach=0.0, pose=5)

        def stop(progress: Progress) -> None:
            if progress.stage == "train" and progress.done == 19:
                raise Cancelled

        with pytest.raises(Cancelled):
            fit(kite, config, checkpoint=tmp_path, on_progress=stop)
        done: list[int] = []
        resumed = fit(
            kite,
            config,
            checkpoint=tmp_path,
            on_progress=lambda p: done.append(p.done) if p.stage == "train" else None,
        )
        assert done == [20, 21, 22, 23, 24, 25]
        assert same(resumed.model_, fit(kite, config).model_)

    def test_a_checkpoint_without_the_terms_is_another_run(self, kite: LabelSet, tmp_path: Path) -> None:
        config = config_of(kite, steps=2, temporal=1)
        fit(kite, config, checkpoint=tmp_path)
        with pytest.raises(BadCheckpoint, match="another config"):
            fit(kite, replace(config, consistency=None), checkpoint=tmp_path)

    def test_the_card_says_which_terms_were_on_and_with_what(self, kite: LabelSet, tmp_path: Path) -> None:
        model = fit(kite, config_of(kite, temporal=1, pose=2, clips=3))
        model.save(tmp_path)
        card = load(tmp_path, threads=1, device="cpu").card_
        facts = card.training["consistency"]
        assert facts["terms"] == {"temporal": 1.0, "pose": 2.0}
        assert 3 * 4 >= facts["unlabelled_frames"] > 4
        assert [video["name"] for video in facts["videos"]] == ["top.mp4"]
        assert facts["body_length_px"] == pytest.approx(28, abs=0.1)
        assert len(facts["pose_tolerance_px"]) == 4
        assert {"temporal_term", "pose_term"} <= set(card.training["curve"][-1])

    def test_without_terms_the_card_says_nothing_of_them(self, kite: LabelSet) -> None:
        training = fit(kite, config_of(kite, steps=2)).card_.training
        assert "consistency" not in training
        assert not [name for name in training["curve"][-1] if name.endswith("_term")]

    def test_each_member_of_an_ensemble_has_them(self, kite: LabelSet) -> None:
        model = create(replace(config_of(kite, steps=2, temporal=1), members=2)).fit(kite)
        assert all("consistency" in m.card_.training for m in model.members_)  # type: ignore[attr-defined]

    @pytest.mark.slow
    def test_views_that_agree_in_a_training(self, filmed: LabelSet) -> None:
        model = fit(filmed, config_of(filmed, steps=60, temporal=1, pose=1, views=1))
        facts = model.card_.training["consistency"]
        assert facts["views_components"] == 3
        assert facts["clips"] % 3 == 0
        assert max(point["views_term"] for point in model.card_.training["curve"]) > 0


class TestTerms:
    @pytest.mark.parametrize("name", ["temporal", "pose", "views"])
    def test_a_network_is_led_towards_less_of_each(
        self, name: str, filmed: LabelSet, beginner: PoseNetwork
    ) -> None:
        """By plain steps down the gradient of one term, on one clip and without labels."""
        network = copy.deepcopy(beginner)
        terms = terms_of(filmed, temporal=1, pose=1, views=1, reach=0.0)
        clips = terms.clips[0]
        first = terms.terms(network, clips)[name]
        assert first > 0
        optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
        for _ in range(5):
            optimiser.zero_grad()
            loss = terms.terms(network, clips)[name]
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        assert terms.terms(network, clips)[name] < first

    def test_running_statistics_stay_as_they_are(self, kite: LabelSet) -> None:
        config = config_of(kite, temporal=1)
        terms, network = terms_of(kite, temporal=1), build_model(kite.skeleton, 1, config).train()
        before = {k: v.clone() for k, v in network.named_buffers()}
        terms.terms(network, terms.clips[0])
        assert network.training
        assert all(torch.equal(v, before[k]) for k, v in network.named_buffers())

    def test_positions_are_in_source_pixels(self, kite: LabelSet) -> None:
        """As `plan.to_source` makes them of what the network answers at half the size."""
        config = config_of(kite, temporal=1)
        half = WorkingPlan(scale=0.5, crop_px=64, radius_px=5)
        terms = Consistency(kite, config, half, [Size(*SIZE)])
        network = build_model(kite.skeleton, 1, config).eval()
        (clip,) = terms.clips[0]
        height, width = clip.images[0].shape
        found = network(as_batch(clip.images, network.multiple), valid=(height, width))
        working = network.expected(found.logits, ((height + 1) // 2, (width + 1) // 2)).detach().numpy()
        points, _ = terms.answer(network, clip)
        np.testing.assert_allclose(
            points.detach().numpy()[:, 0], to_source(working, Size(*SIZE), Size(width, height)), atol=1e-3
        )

    def test_pixels_are_not_rounded_where_a_step_is_in_bf16(
        self, filmed: LabelSet, beginner: PoseNetwork
    ) -> None:
        terms = terms_of(filmed, temporal=1, pose=1, views=1, reach=0.0)
        usual = terms.terms(beginner, terms.clips[0])
        with torch.autocast("cpu", torch.bfloat16):
            rounded = terms.terms(beginner, terms.clips[0])
        assert rounded == usual

    def test_weights_rise_from_nothing(self, kite: LabelSet) -> None:
        terms = terms_of(kite, temporal=1)
        empty = PoseBatch(*(torch.zeros(0) for _ in range(4)))

        def shares(steps: int, *, refit: bool = False) -> list[float]:
            batch, _ = terms.beside(
                lambda _: empty, lambda *_: (torch.zeros(()), {}), steps=steps, seed=0, refit=refit
            )
            return [batch(number).share for number in range(steps)]

        assert shares(10)[:5] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
        assert shares(10)[round(10 * RAMP_SHARE) :] == [1.0] * 6
        assert shares(1000)[50] == pytest.approx(0.5)
        assert shares(10, refit=True) == [1.0] * 10

    def test_the_loss_is_that_of_the_labels_and_the_weighed_terms(
        self, kite: LabelSet, beginner: PoseNetwork
    ) -> None:
        terms, network = terms_of(kite, temporal=3, pose=2, reach=0.0), copy.deepcopy(beginner)
        batch, loss = terms.beside(
            lambda _: PoseBatch(*(torch.zeros(0) for _ in range(4))),
            lambda *_: (torch.tensor(7.0), {"map_loss": torch.tensor(7.0)}),
            steps=8,
            seed=0,
            refit=False,
        )
        late, early = batch(5), batch(0)
        total, parts = loss(network, late)
        wanted = 7 + 3 * parts["temporal_term"] + 2 * parts["pose_term"]
        assert total.item() == pytest.approx(wanted.item())
        assert parts["temporal_term"] > 0
        assert loss(network, early)[0].item() == 7

    def test_every_clip_comes_once_before_any_comes_again(self, kite: LabelSet) -> None:
        terms = terms_of(kite, temporal=1, clips=7)
        starts = [terms.clips_of(number, 3)[0].start for number in range(21)]
        for epoch in range(3):
            assert len(set(starts[7 * epoch : 7 * epoch + 7])) == 7
        assert starts[:7] != starts[7:14]


class TestRefusals:
    def test_videos_that_cannot_be_used(self, kite: LabelSet, tmp_path: Path) -> None:
        config = config_of(kite, temporal=1)
        assert config.consistency is not None
        lost = replace(config.consistency, videos=(str(tmp_path / "lost.mp4"),))
        with pytest.raises(BadVideo, match=r"lost\.mp4"):
            fit(kite, replace(config, consistency=lost))

    def test_too_few_whole_poses(self, kite: LabelSet) -> None:
        visibility, points = kite.visibility.copy(), kite.points_px.copy()
        visibility[3:, 0, 1], points[3:, 0, 1] = Visibility.ABSENT, np.nan
        few = replace_labels(kite, points, visibility)
        with pytest.raises(TooFewLabels, match=r"all 4 keypoints placed; the term pose .* needs 5"):
            fit(few, config_of(few, pose=1))

    def test_only_labels_to_train_on_tell_which_poses_there_are(self, kite: LabelSet) -> None:
        """A pose that validates and is unlike all others leaves the plane and its tolerance as they are."""
        config = config_of(kite, pose=1)
        training = Training(kite, config, config.size)
        points = kite.points_px.copy()
        points[training.validation_rows[0], 0, 1] += 15
        other = Training(replace_labels(kite, points, kite.visibility), config, config.size)
        assert other.consistency_facts is not None
        assert training.consistency_facts is not None
        assert other.consistency_facts["pose_tolerance_px"] == training.consistency_facts["pose_tolerance_px"]

    def test_views_are_called_as_the_labelled_ones(self, filmed: LabelSet, kite: LabelSet) -> None:
        mixed = ConsistencyConfig(videos=("top.mp4", "other.mp4"), views=1)
        with pytest.raises(BadPoseConfig, match=r"side, tilted, top; got top, other\."):
            Consistency(
                filmed, replace(config_of(filmed), consistency=existing(mixed, filmed)), PLAN, [Size(*SIZE)]
            )

    def test_views_without_moments_in_common(self, filmed: LabelSet) -> None:
        alone = tuple(replace(frame, recording=None, tick=None) for frame in filmed.frames)
        labels = LabelSet(
            skeleton=filmed.skeleton,
            individuals=filmed.individuals,
            frames=alone,
            points_px=filmed.points_px,
            visibility=filmed.visibility,
        )
        with pytest.raises(TooFewLabels, match=r"0 keypoints of 0 training moments .* all 3 views"):
            fit(labels, config_of(labels, views=1))


def existing(settings: ConsistencyConfig, labels: LabelSet) -> ConsistencyConfig:
    """With another of its videos copied to where it names one that is not there."""
    place = labels.frames[0].path.parent
    for name in settings.videos:
        if not (place / name).exists():
            (place / name).write_bytes((place / "top.mp4").read_bytes())
    return replace(settings, videos=tuple(str(place / name) for name in settings.videos))


def replace_labels(labels: LabelSet, points: Any, visibility: Any) -> LabelSet:
    return LabelSet(
        skeleton=labels.skeleton,
        individuals=labels.individuals,
        frames=labels.frames,
        points_px=points,
        visibility=visibility,
    )
