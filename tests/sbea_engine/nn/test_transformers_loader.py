import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sbea_engine.nn.backbone_source import BadBackbone, parse_source
from sbea_engine.nn.card import file_sha256
from sbea_engine.nn.transformers_loader import LoadedNetwork, build_network, load_network
from tests.fixtures.transformers_models import architecture, write_config, write_pretrained


def load(text: str) -> LoadedNetwork:
    source = parse_source(text)
    assert source is not None
    return load_network(source)


class TestConfig:
    def test_random_weights_follow_the_seed(self, tmp_path: Path) -> None:
        write_config(tmp_path)
        weights = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            weights.append(load(f"config:{tmp_path / 'config.json'}").module.state_dict())
        name = "encoder.stages.0.layers.0.layer.0.convolution.weight"
        assert torch.equal(weights[0][name], weights[1][name])
        assert not torch.equal(weights[0][name], weights[2][name])

    def test_the_facts_say_so(self, tmp_path: Path) -> None:
        facts = load(f"config:{write_config(tmp_path)}").facts
        assert facts["weights"] == {"origin": "random, from the seed", "sha256": {}}
        assert facts["architecture"] == architecture("resnet")

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("{", "JSON"),
            ("[]", "model_type"),
            ('{"model_type": "abacus"}', "'abacus'"),
            ('{"model_type": "resnet", "layer_type": "sandwich"}', "sandwich"),
            ('{"model_type": "bert", "hidden_size": 7, "num_attention_heads": 2}', "'bert'"),
        ],
    )
    def test_a_file_that_is_no_architecture(self, tmp_path: Path, text: str, reason: str) -> None:
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(BadBackbone, match=reason):
            load(f"config:{tmp_path}")

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadBackbone, match=r"config\.json is not there"):
            load(f"config:{tmp_path / 'config.json'}")

    def test_weights_are_in_32_bits_whatever_the_file_was_saved_in(self, tmp_path: Path) -> None:
        half = architecture("resnet") | {"dtype": "float16"}
        (tmp_path / "config.json").write_text(json.dumps(half))
        found = {p.dtype for p in load(f"config:{tmp_path}").module.parameters()}
        assert found == {torch.float32}

    def test_code_that_comes_with_a_model_is_never_named(self, tmp_path: Path) -> None:
        own = architecture("resnet") | {"auto_map": {"AutoModel": "evil.Net", "AutoConfig": "evil.Config"}}
        (tmp_path / "config.json").write_text(json.dumps(own))
        (tmp_path / "evil.py").write_text("raise SystemExit('was run')")
        loaded = load(f"config:{tmp_path}")
        assert type(loaded.module).__name__ == "ResNetModel"
        assert "auto_map" not in loaded.facts["architecture"]


class TestFolder:
    def test_weights_are_those_of_the_file(self, tmp_path: Path) -> None:
        module = write_pretrained(tmp_path)
        loaded = load(f"folder:{tmp_path}")
        theirs = module.state_dict()
        assert all(torch.equal(v, theirs[k]) for k, v in loaded.module.state_dict().items())
        assert loaded.facts["weights"]["origin"] == f"folder:{tmp_path}"
        sums = loaded.facts["weights"]["sha256"]
        assert sums["model.safetensors"] == file_sha256(tmp_path / "model.safetensors")

    def test_it_is_built_anew_from_its_facts(self, tmp_path: Path) -> None:
        module = write_pretrained(tmp_path, "dinov2")
        facts = json.loads(json.dumps(load(f"folder:{tmp_path}").facts))
        again = build_network(facts["architecture"])
        shapes = [{k: v.shape for k, v in m.state_dict().items()} for m in (module, again)]
        assert shapes[0] == shapes[1]

    def test_colours_are_those_of_the_preprocessor(self, tmp_path: Path) -> None:
        write_pretrained(tmp_path)
        assert load(f"folder:{tmp_path}").facts["mean"] == [0.485, 0.456, 0.406]
        said = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25]}
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(said))
        facts = load(f"folder:{tmp_path}").facts
        assert (facts["mean"], facts["sd"]) == ([0.5] * 3, [0.25] * 3)

    @pytest.mark.parametrize("said", ["{", "{}", '{"image_mean": [1], "image_std": [0, 0, 0]}'])
    def test_a_preprocessor_that_cannot_be_used(self, tmp_path: Path, said: str) -> None:
        write_pretrained(tmp_path)
        (tmp_path / "preprocessor_config.json").write_text(said)
        with pytest.raises(BadBackbone, match="preprocessor_config"):
            load(f"folder:{tmp_path}")

    def test_pickled_weights_are_refused_unread(self, tmp_path: Path) -> None:
        write_config(tmp_path)
        (tmp_path / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch was-run'\ntR.")
        with pytest.raises(BadBackbone, match=r"pickled weights \(pytorch_model\.bin\)"):
            load(f"folder:{tmp_path}")

    def test_no_weights(self, tmp_path: Path) -> None:
        with pytest.raises(BadBackbone, match=r"has no \*\.safetensors"):
            load(f"folder:{write_config(tmp_path)}")

    def test_damaged_weights(self, tmp_path: Path) -> None:
        write_pretrained(tmp_path)
        file = tmp_path / "model.safetensors"
        file.write_bytes(file.read_bytes()[:100])
        with pytest.raises(BadBackbone, match="cannot be loaded"):
            load(f"folder:{tmp_path}")

    def test_weights_that_lack_are_not_made_up(self, tmp_path: Path) -> None:
        write_pretrained(tmp_path)
        file = tmp_path / "model.safetensors"
        weights = load_file(file)
        lacking = next(name for name in weights if "stages.1" in name)
        del weights[lacking]
        save_file(weights, file, {"format": "pt"})
        with pytest.raises(BadBackbone, match="do not fit"):
            load(f"folder:{tmp_path}")

    def test_weights_of_another_architecture(self, tmp_path: Path) -> None:
        write_pretrained(tmp_path)
        wider = architecture("resnet") | {"hidden_sizes": [8, 12, 16, 32]}
        (tmp_path / "config.json").write_text(json.dumps(wider))
        with pytest.raises(BadBackbone, match=r"cannot be loaded|do not fit"):
            load(f"folder:{tmp_path}")


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BadBackbone, match=r"hub:lab/net: cannot be fetched .* use folder:PATH"):
        load("hub:lab/net")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)  # what an import of an absent package finds
    with pytest.raises(BadBackbone, match=r"pip install 'sbea-studio\[backbones\]'"):
        load(f"config:{write_config(tmp_path)}")
