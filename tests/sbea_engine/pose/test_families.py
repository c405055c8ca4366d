"""The words and facts of families say what the families do."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from sbea_engine.data import LabelSet
from sbea_engine.pose.config import PRESETS, BadPoseConfig, PoseConfig
from sbea_engine.pose.ensemble_size import MAX_MEMBERS, blocks_left_out, moments_needed, share_seen
from sbea_engine.pose.factory import FAMILIES, create
from sbea_engine.pose.families import BACKBONES, DEFAULT_FAMILY, FAMILY_FACTS, SEVERAL_ALIKE
from sbea_engine.pose.networks import NETWORKS, NetworkRequest, build_network


def request(family: str, backbone: str) -> NetworkRequest:
    config = PoseConfig(preset="tiny", family=family, backbone=backbone)
    return NetworkRequest(individuals=1, keypoints=3, config=config, size=PRESETS["tiny"])


def test_every_family_is_described_in_its_order() -> None:
    assert list(FAMILY_FACTS) == sorted(FAMILIES, key=list(FAMILY_FACTS).index)
    assert set(FAMILY_FACTS) == set(FAMILIES)
    assert next(iter(FAMILY_FACTS)) == DEFAULT_FAMILY == PoseConfig().family


@pytest.mark.parametrize("name", FAMILY_FACTS)
def test_it_says_whether_individuals_are_told_apart(name: str) -> None:
    facts = FAMILY_FACTS[name]
    assert facts.tells_individuals_apart == FAMILIES[name].tells_individuals_apart
    if not facts.tells_individuals_apart:
        with pytest.raises(BadPoseConfig, match="one member"):
            create(PoseConfig(family=name, members=2))


def test_one_family_is_for_animals_that_look_alike() -> None:
    assert [name for name, facts in FAMILY_FACTS.items() if not facts.tells_individuals_apart] == [
        SEVERAL_ALIKE
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_it_stands_on_what_it_says_and_on_nothing_else(name: str) -> None:
    with torch.device("meta"):
        build_network(request(name, "auto"))
        for backbone in FAMILY_FACTS[name].backbones:
            build_network(request(name, backbone))
        for backbone in set(BACKBONES) - set(FAMILY_FACTS[name].backbones):
            with pytest.raises(BadPoseConfig, match="backbone"):
                build_network(request(name, backbone))


@pytest.mark.parametrize(
    "name", [name for name, facts in FAMILY_FACTS.items() if not facts.outside_backbones]
)
def test_one_that_stands_on_nothing_else_says_so(name: str, scene: LabelSet) -> None:
    with pytest.raises(BadPoseConfig, match="backbone 'resnet50'"):
        create(PoseConfig(preset="tiny", family=name, backbone="resnet50", threads=1)).fit(scene)


@pytest.mark.parametrize("members", range(1, MAX_MEMBERS + 1))
def test_members_see_what_they_do_not_leave_out(members: int) -> None:
    assert share_seen(members) == pytest.approx(1 - blocks_left_out(members) / members)
    assert 0.5 <= share_seen(members) <= 1
    assert moments_needed(members) >= members


def test_one_sentence_each() -> None:
    summaries = [facts.summary for facts in FAMILY_FACTS.values()]
    summaries += [facts.summary for facts in BACKBONES.values()]
    for summary in summaries:
        assert summary.endswith(".")
        assert summary.count(". ") == 0
        assert len(summary) < 140


def test_reading_them_loads_nothing_heavy() -> None:
    program = (
        "import sys, sbea_engine.pose.families, sbea_engine.pose.ensemble_size;"
        "print(sorted({'torch', 'numpy', 'scipy', 'cv2', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
