"""Which backbone goes with which family, and what a model card keeps of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sbea_engine.data import LabelSet
from sbea_engine.errors import Cancelled
from sbea_engine.nn.backbone import parameter_count
from sbea_engine.nn.backbone_source import BadBackbone
from sbea_engine.nn.card import file_sha256
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.factory import FAMILIES, create, load
from sbea_engine.pose.networks import NETWORKS, NetworkRequest, build_network
from sbea_engine.pose.training import fingerprint
from sbea_engine.progress import Progress
from tests.fixtures.transformers_models import write_config, write_pretrained

SHORT = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=3)


def request(**settings: object) -> NetworkRequest:
    config = PoseConfig.from_dict({"preset": "tiny", **settings})
    return NetworkRequest(individuals=1, keypoints=2, config=config, size=config.size)


def test_every_network_is_a_family() -> None:
    assert set(NETWORKS) <= set(FAMILIES)


class TestChoice:
    def test_deeplabcut_at_full_size(self) -> None:
        net = build_network(request(family="deeplabcut", backbone="resnet50", colour="rgb"))
        heads = (2048 * 9 + 1) * 2 + (2048 * 9 + 1) * 4
        assert parameter_count(net) == 23_508_032 + heads

    @pytest.mark.parametrize(
        ("family", "backbone", "reason"),
        [
            ("pyramid", "resnet50", "takes auto, pyramid, config:PATH"),
            ("pose_machine", "small_resnet", "takes auto, pyramid"),
            ("deeplabcut", "pyramid", "takes auto, small_resnet, resnet50"),
            ("heatmap_unet", "hub:lab/net", "only takes auto"),
            ("transformer", "auto", "Unknown pose network 'transformer'"),
        ],
    )
    def test_what_a_family_does_not_take_is_refused_by_name(
        self, family: str, backbone: str, reason: str
    ) -> None:
        with pytest.raises(BadPoseConfig, match=reason):
            build_network(request(family=family, backbone=backbone))

    @pytest.mark.parametrize("backbone", ["resnet", "abacus:x", "hub:net", "folder:", "", 7, None])
    def test_an_unknown_backbone_is_refused_at_once(self, backbone: object) -> None:
        with pytest.raises(BadPoseConfig, match="backbone"):
            PoseConfig.from_dict({"backbone": backbone})

    def test_discs_are_of_one_family(self) -> None:
        with pytest.raises(BadPoseConfig, match="pyramid has no discs"):
            build_network(request(family="pyramid", disc_radius_px=9.0))
        assert build_network(request(family="deeplabcut", disc_radius_px=9.0)).disc_radius_px == 9.0
        with pytest.raises(BadPoseConfig, match="disc_radius_px"):
            PoseConfig(disc_radius_px=0.0)

    def test_files_that_are_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadBackbone, match=r"config\.json is not there"):
            build_network(request(family="pyramid", backbone=f"folder:{tmp_path}"))

    def test_deeplabcut_needs_a_map_of_its_stride(self, tmp_path: Path) -> None:
        from tests.fixtures.transformers_models import ARCHITECTURES

        folder = write_config(tmp_path, "vit")
        text = (folder / "config.json").read_text().replace("{", '{"patch_size": 8, ', 1)
        (folder / "config.json").write_text(text)
        assert "patch_size" not in ARCHITECTURES["vit"]
        with pytest.raises(
            BadPoseConfig, match="maps of stride 8; the family deeplabcut needs one of stride 16"
        ):
            build_network(request(family="deeplabcut", backbone=f"config:{folder}"))


class TestFingerprint:
    def test_settings_added_later_leave_older_runs_as_they_were(self, scene: LabelSet) -> None:
        """By its recipe without them: a finished training of before is not repeated."""
        import hashlib
        import json

        from sbea_engine.pose.training import labels_checksum

        before = {
            "preset": "fast", "family": "pyramid", "seed": 3, "iterations": None, "minutes": None,
            "precision": "auto", "colour": "grey", "rotation_deg": 180.0, "validation": 0.15,
        }  # fmt: skip
        text = json.dumps([labels_checksum(scene), before], sort_keys=True)
        want = hashlib.sha256(text.encode()).hexdigest()
        assert fingerprint(scene, PoseConfig(preset="fast", family="pyramid", seed=3)) == want

    def test_other_weights_in_the_folder_are_another_run(self, scene: LabelSet, tmp_path: Path) -> None:
        config = replace(SHORT, backbone=f"folder:{tmp_path}")
        names = set()
        for seed in (1, 2):
            write_pretrained(tmp_path, seed=seed)
            names.add(fingerprint(scene, config))
        assert len(names) == 2


class TestBackboneFromElsewhere:
    @pytest.mark.parametrize(("family", "kind"), [("pose_machine", "dinov2"), ("deeplabcut", "resnet")])
    def test_a_trained_model_needs_its_source_no_more(
        self, family: str, kind: str, scene: LabelSet, tmp_path: Path
    ) -> None:
        source = tmp_path / "source"
        write_pretrained(source, kind)
        checksum = file_sha256(source / "model.safetensors")
        model = create(replace(SHORT, family=family, backbone=f"folder:{source}")).fit(scene)
        card = model.save(tmp_path / "model")
        facts = card.stage_facts["backbone"]["weights"]
        assert facts["origin"] == f"folder:{source}"
        assert facts["sha256"]["model.safetensors"] == checksum
        shutil.rmtree(source)
        again = load(tmp_path / "model", threads=1, device="cpu")
        for mine, theirs in zip(
            again.predict_sources(scene.frames[:3]), model.predict_sources(scene.frames[:3]), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)

    def test_a_stopped_training_goes_on(self, scene: LabelSet, tmp_path: Path) -> None:
        """Also where some of the weights (a class token's) have no part in the maps and never move."""
        config = replace(SHORT, family="pyramid", backbone=f"config:{write_config(tmp_path / 'c', 'dinov2')}")

        def cancel(progress: Progress) -> None:
            if progress.stage == "train" and progress.done == 2:
                raise Cancelled

        with pytest.raises(Cancelled):
            create(config).fit(scene, checkpoint=tmp_path / "state", on_progress=cancel)
        resumed = create(config).fit(scene, checkpoint=tmp_path / "state")
        whole = create(config).fit(scene)
        mine, theirs = (model.predict_sources(scene.frames[:2])[0] for model in (resumed, whole))
        np.testing.assert_allclose(mine, theirs, atol=1e-3)

    def test_training_begins_at_the_weights_of_the_folder(self, tmp_path: Path) -> None:
        module = write_pretrained(tmp_path)
        net = build_network(request(family="pyramid", backbone=f"folder:{tmp_path}"))
        mine, theirs = net.backbone.encoder.module.state_dict(), module.state_dict()  # type: ignore[union-attr]
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)

    def test_cards_say_that_own_weights_were_random(self, scene: LabelSet) -> None:
        facts = create(SHORT).fit(scene).card_.stage_facts["backbone"]
        assert facts == {"weights": {"origin": "random, from the seed", "sha256": {}}}
