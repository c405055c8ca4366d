import json

import pytest

from sbea_engine.pose.config import PRESETS, BadPoseConfig, PoseConfig


class TestPoseConfig:
    def test_json_round_trip(self) -> None:
        config = PoseConfig(preset="fast", seed=3, minutes=2.5)
        assert PoseConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config

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
