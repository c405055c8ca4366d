import json

import pytest

from sbea_engine.pose.config import PRESETS, BadPoseConfig, PoseConfig
from sbea_engine.pose.families import FAMILY_FACTS


class TestPoseConfig:
    def test_json_round_trip(self) -> None:
        config = PoseConfig(preset="fast", seed=3, minutes=2.5)
        assert PoseConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config

    def test_context_goes_round_and_is_off(self) -> None:
        config = PoseConfig(family="heatmap_unet", context_frames=2)
        assert PoseConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
        assert PoseConfig().context_frames == 0

    @pytest.mark.parametrize("frames", [1, -2, 3, True, 2.5, "2", None])
    def test_context_is_of_no_or_two_frames(self, frames: object) -> None:
        with pytest.raises(BadPoseConfig, match="context_frames is one of 0, 2"):
            PoseConfig.from_dict({"family": "pyramid", "context_frames": frames})

    @pytest.mark.parametrize("family", ["two_stage", "pose_machine", "deeplabcut", "bottom_up"])
    def test_families_without_context_say_which_have_it(self, family: str) -> None:
        with pytest.raises(BadPoseConfig, match=f"{family} sees each frame alone.*pyramid, heatmap_unet"):
            PoseConfig(family=family, context_frames=2)

    @pytest.mark.parametrize("family", sorted(set(FAMILY_FACTS) - {"deeplabcut"}))
    def test_discs_are_told_in_terms_of_the_family_that_was_chosen(self, family: str) -> None:
        with pytest.raises(BadPoseConfig, match=f"of the family deeplabcut; {family} has no discs"):
            PoseConfig.from_dict({"family": family, "disc_radius_px": 5.0})
        assert PoseConfig(family="deeplabcut", disc_radius_px=5.0).disc_radius_px == 5.0

    def test_presets_grow(self) -> None:
        cost = [p.iterations * p.batch_size * p.crop_px**2 for p in PRESETS.values()]
        assert list(PRESETS) == ["tiny", "fast", "default"]
        assert cost == sorted(cost)

    def test_several_individuals_get_twice_the_steps_of_one(self) -> None:
        config = PoseConfig(preset="fast")
        assert [config.steps(n) for n in (1, 2, 8)] == [250, 500, 500]
        assert PoseConfig(preset="fast", iterations=7).steps(2) == 7

    @pytest.mark.parametrize(
        "settings",
        [
            {"presets": "fast"}, {"preset": "huge"}, {"seed": -1}, {"seed": 1.5}, {"seed": True},
            {"threads": 0}, {"iterations": 0}, {"minutes": float("nan")}, {"minutes": 0}, {"validation": 0.9},
            {"colour": "cmyk"}, {"rotation_deg": 400}, {"preset": ["fast"]}, {"precision": "fp8"},
        ],
    )  # fmt: skip
    def test_refuses(self, settings: dict[str, object]) -> None:
        with pytest.raises(BadPoseConfig, match=next(iter(settings))):
            PoseConfig.from_dict(settings)
