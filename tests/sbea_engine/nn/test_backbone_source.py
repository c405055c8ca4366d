from pathlib import Path

import pytest

from sbea_engine.nn.backbone_source import BackboneSource, BadBackbone, files_checksums, parse_source
from sbea_engine.nn.card import file_sha256


class TestParseSource:
    @pytest.mark.parametrize(
        ("text", "source"),
        [
            ("config:a/config.json", BackboneSource(kind="config", place="a/config.json")),
            ("folder:/models/dino", BackboneSource(kind="folder", place="/models/dino")),
            ("folder:C:/x@y", BackboneSource(kind="folder", place="C:/x@y")),
            ("hub:lab/net", BackboneSource(kind="hub", place="lab/net")),
            ("hub:lab/net@v1", BackboneSource(kind="hub", place="lab/net", revision="v1")),
        ],
    )
    def test_a_source_is_read_and_written(self, text: str, source: BackboneSource) -> None:
        assert parse_source(text) == source
        assert str(source) == text

    @pytest.mark.parametrize("text", ["auto", "resnet50", "http://x", ""])
    def test_other_words_are_none(self, text: str) -> None:
        assert parse_source(text) is None

    @pytest.mark.parametrize("text", ["config:", "folder:", "hub:net", "hub:/net", "hub:a/b/c", "hub:@v1"])
    def test_a_place_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(BadBackbone, match="follows after"):
            parse_source(text)


class TestFilesChecksums:
    def test_of_what_decides(self, tmp_path: Path) -> None:
        for name in ("config.json", "model.safetensors", "README.md"):
            (tmp_path / name).write_text(name)
        found = files_checksums(BackboneSource(kind="folder", place=str(tmp_path)))
        assert found == {n: file_sha256(tmp_path / n) for n in ("config.json", "model.safetensors")}
        assert list(files_checksums(BackboneSource(kind="config", place=str(tmp_path)))) == ["config.json"]

    def test_none_where_nothing_is(self, tmp_path: Path) -> None:
        assert files_checksums(BackboneSource(kind="folder", place=str(tmp_path / "no"))) == {}
