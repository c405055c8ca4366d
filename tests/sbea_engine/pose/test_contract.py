"""What every family of pose models keeps; runs over the registry."""

from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import LabelSet
from sbea_engine.errors import Cancelled
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.factory import FAMILIES, create, load
from sbea_engine.pose.matching import match_to_truth
from sbea_engine.progress import Progress
from tests.fixtures.blobs import write_pair


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(BadPoseConfig, match="'transformer'"):
        create(PoseConfig(family="transformer"))


@pytest.mark.parametrize("family", FAMILIES)
def test_contract(family: str, scene: LabelSet, tmp_path: Path) -> None:
    config = PoseConfig(preset="tiny", family=family, threads=1, device="cpu", iterations=4)
    reports: list[Progress] = []

    def cancel_at_two(progress: Progress) -> None:
        if progress.stage == "train" and progress.done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        create(config).fit(scene, checkpoint=tmp_path / "checkpoint", on_progress=cancel_at_two)
    model = create(config).fit(scene, checkpoint=tmp_path / "checkpoint", on_progress=reports.append)
    assert [r.done for r in reports if r.stage == "train"] == [3, 4]

    card = model.save(tmp_path / "model")
    assert (card.stage, card.family) == ("pose", family)
    loaded = load(tmp_path / "model", threads=1)
    assert type(loaded) is type(model)
    assert loaded.provenance == model.provenance

    points, confidence = loaded.predict_sources(scene.frames)
    assert points.shape == scene.points_px.shape
    assert points.dtype == confidence.dtype == np.float32
    assert confidence.shape == scene.visibility.shape
    assert ((confidence >= 0) & (confidence <= 1)).all()

    poses = loaded.predict(scene.frames[0].path.parent, [1, 4])
    assert poses.skeleton == scene.skeleton
    assert poses.individuals == scene.individuals
    np.testing.assert_allclose(poses.points_px, points[[1, 4]], atol=1e-3)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> LabelSet:
    """Two individuals that differ: what every family can learn."""
    return write_pair(tmp_path_factory.mktemp("pair"), 12)


@pytest.mark.parametrize("family", FAMILIES)
def test_contract_of_several_individuals(family: str, pair: LabelSet, tmp_path: Path) -> None:
    config = PoseConfig(preset="tiny", family=family, threads=1, device="cpu", iterations=40)
    reports: list[Progress] = []
    card = create(config).fit(pair, on_progress=reports.append).save(tmp_path)
    model = load(tmp_path, threads=1, device="cpu")

    checks = [(r.done, one) for r in reports for one in r.examples]
    assert min(done for done, _ in checks) == 10  # also of a first stage
    not_learned = {(each["video"], each["index"]) for each in card.data["validation_frames"]}
    assert {(one.video, one.index) for _, one in checks} <= not_learned
    individuals, keypoints = pair.points_px.shape[1:3]
    assert {len(one.points_px) for _, one in checks} == {individuals}
    assert {len(marks) for _, one in checks for marks in one.points_px} == {keypoints}
    assert model.individuals_ == pair.individuals

    points, confidence = model.predict_sources(pair.frames)
    assert points.shape == pair.points_px.shape
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert (confidence[np.isnan(points).any(-1)] == 0).all()

    poses = model.predict(pair.frames[0].path.parent, [1, 4])
    again, trust = poses.points_px, poses.confidence
    if not model.tells_individuals_apart:
        again, trust = match_to_truth(points[[1, 4]], again, trust)
    np.testing.assert_allclose(again, points[[1, 4]], atol=1e-3)
    np.testing.assert_allclose(trust, confidence[[1, 4]], atol=1e-4)
