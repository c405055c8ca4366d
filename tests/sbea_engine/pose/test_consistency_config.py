from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sbea_engine.pose.config import LATER_SETTINGS, BadPoseConfig, PoseConfig
from sbea_engine.pose.consistency_config import BadConsistency, ConsistencyConfig
from sbea_engine.pose.families import FAMILY_FACTS
from sbea_engine.pose.training import fingerprint, labels_checksum
from sbea_engine.video.errors import BadVideo
from tests.fixtures.kites import write_kite


class TestConsistencyConfig:
    def test_json_round_trip(self) -> None:
        config = PoseConfig(consistency=ConsistencyConfig(videos=("a.mp4", "b.mp4"), temporal=2, views=0.5))
        assert PoseConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
        assert PoseConfig.from_dict(config.to_dict()) == config

    def test_only_terms_with_a_weight_are_on(self) -> None:
        assert ConsistencyConfig(videos=("a",), pose=3).terms == {"pose": 3.0}

    @pytest.mark.parametrize(
        ("settings", "reason"),
        [
            ({"temporal": 1}, "need one"),
            ({"temporal": 1, "videos": []}, "need one"),
            ({"temporal": 1, "videos": "a.mp4"}, "list of paths"),
            ({"temporal": 1, "videos": [3]}, "list of paths"),
            ({"temporal": 1, "videos": ["a", "a"]}, "a: given twice"),
            ({"videos": ["a"]}, "no term on it"),
            ({"temporal": -1, "videos": ["a"]}, "temporal is a number from 0"),
            ({"pose": float("nan"), "videos": ["a"]}, "pose is a number"),
            ({"pose": True, "videos": ["a"]}, "pose is a number"),
            ({"pose": 1, "reach": "far", "videos": ["a"]}, "reach is a number"),
            ({"pose": 1, "clips": 1.5, "videos": ["a"]}, "clips is a whole number"),
            ({"views": 1, "videos": ["a"]}, "two or more"),
            ({"poses": 1, "videos": ["a"]}, r"Unknown setting: poses\. Known: videos, temporal, pose, views"),
        ],
    )
    def test_refuses(self, settings: dict[str, Any], reason: str) -> None:
        with pytest.raises(BadConsistency, match=reason):
            ConsistencyConfig.from_dict(settings)
        with pytest.raises(BadPoseConfig, match=f"consistency: .*{reason}"):
            PoseConfig.from_dict({"consistency": settings})

    def test_something_else(self) -> None:
        with pytest.raises(BadPoseConfig, match="consistency is a mapping"):
            PoseConfig.from_dict({"consistency": 3})

    @pytest.mark.parametrize("family", FAMILY_FACTS)
    def test_families_that_have_no_such_terms_say_so(self, family: str) -> None:
        given = {"family": family, "consistency": {"videos": ["a"], "temporal": 1}}
        if FAMILY_FACTS[family].uses_unlabelled:
            assert PoseConfig.from_dict(given).consistency is not None
        else:
            with pytest.raises(BadPoseConfig, match=f"family {family} has no terms.*two_stage, pose_machine"):
                PoseConfig.from_dict(given)


class TestBesideContext:
    def test_a_network_with_context_takes_no_terms(self) -> None:
        terms = ConsistencyConfig(videos=("a.mp4",), pose=1.0)
        with pytest.raises(BadPoseConfig, match="2 frames before and after takes no terms on"):
            PoseConfig(family="pyramid", context_frames=2, consistency=terms)


class TestFingerprint:
    def test_without_the_terms_it_is_what_it_was_before_there_were_any(self, tmp_path: Path) -> None:
        """By its recipe, written out: runs that were begun before go on."""
        labels, config = write_kite(tmp_path, 12), PoseConfig()
        settings = config.to_dict()
        for name in ("threads", "device", "cache_bytes", *LATER_SETTINGS):
            del settings[name]
        assert set(settings) == {
            "preset", "family", "seed", "iterations", "minutes", "precision", "colour", "rotation_deg",
            "validation",
        }  # fmt: skip
        text = json.dumps([labels_checksum(labels), settings], sort_keys=True)
        assert fingerprint(labels, config) == hashlib.sha256(text.encode()).hexdigest()

    def test_what_is_in_the_videos_counts_and_not_where_they_lie(self, tmp_path: Path) -> None:
        labels = write_kite(tmp_path / "a", 12)
        write_kite(tmp_path / "b", 12)
        write_kite(tmp_path / "c", 12, seed=1)

        def of(folder: str, **weights: Any) -> str:
            settings = ConsistencyConfig(videos=(str(tmp_path / folder / "top.mp4"),), **weights)
            return fingerprint(labels, PoseConfig(consistency=settings))

        assert of("a", pose=1) == of("b", pose=1)
        others = [of("c", pose=1), of("a", pose=2), of("a", temporal=1), fingerprint(labels, PoseConfig())]
        assert len({of("a", pose=1), *others}) == 5

    def test_a_video_that_is_not_there(self, tmp_path: Path) -> None:
        labels = write_kite(tmp_path, 12)
        lost = ConsistencyConfig(videos=(str(tmp_path / "lost.mp4"),), pose=1)
        with pytest.raises(BadVideo, match=r"lost\.mp4: there is no such file"):
            fingerprint(labels, PoseConfig(consistency=lost))
