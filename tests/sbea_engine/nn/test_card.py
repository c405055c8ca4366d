import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sbea_engine.nn.card import (
    CARD_FILE,
    WEIGHTS_FILE,
    BadModel,
    ModelCard,
    number,
    whole_number,
    write_json,
)
from tests.fixtures.full_disk import full_disk

WEIGHTS = b"weights"
DEEP = "[" * 200_000 + "]" * 200_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a whole model, as far as a card tells."""
    (tmp_path / WEIGHTS_FILE).write_bytes(WEIGHTS)
    ModelCard(
        stage="pose",
        family="pyramid",
        created_at="2026-11-21T01:26:42+00:00",
        config={"seed": 0},
        plan={"radius_px": 2.5},
        data={"frames": 8},
        training={"iterations": 2},
        meaning={"points_px": "x and y"},
        stage_facts={"individuals": ["mouse"]},
        software={"python": "3.11"},
        weights_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    ).write(tmp_path)
    return tmp_path


def change(folder: Path, values: Mapping[str, Any]) -> None:
    file = folder / CARD_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


class TestRead:
    def test_what_was_written(self, folder: Path) -> None:
        assert ModelCard.read(folder, stage="pose").data == {"frames": 8}

    @pytest.mark.parametrize(
        "text",
        [
            f'{{"format": {DEEP}}}',
            f'{{"format": "sbea-model/1", "plan": {"9" * 5000}}}',
            '{"format": NaN}',
            "",
            "[1]",
        ],
        ids=["deep", "long number", "no number", "empty", "list"],
    )
    def test_what_is_no_card(self, folder: Path, text: str) -> None:
        (folder / CARD_FILE).write_text(text)
        with pytest.raises(BadModel, match=r"card\.json"):
            ModelCard.read(folder, stage="pose")

    @pytest.mark.parametrize(
        "name", ["config", "plan", "data", "training", "stage_facts", "meaning", "software"]
    )
    @pytest.mark.parametrize("value", [None, [1], "abc", 3])
    def test_what_is_no_object(self, folder: Path, name: str, value: object) -> None:
        change(folder, {name: value})
        with pytest.raises(BadModel, match=rf"card\.json: '{name}' is not an object\. Copy"):
            ModelCard.read(folder, stage="pose")

    @pytest.mark.parametrize("name", ["stage", "family", "created_at", "weights_sha256"])
    @pytest.mark.parametrize("value", [None, ["two_stage"], {}, 3])
    def test_what_is_no_text(self, folder: Path, name: str, value: object) -> None:
        change(folder, {name: value})
        with pytest.raises(BadModel, match=rf"card\.json: '{name}' is not text\. Copy"):
            ModelCard.read(folder, stage="pose")

    @pytest.mark.parametrize("name", ["meaning", "software"])
    def test_what_is_no_object_of_texts(self, folder: Path, name: str) -> None:
        change(folder, {name: {"a": 1}})
        with pytest.raises(BadModel, match=rf"'{name}' is not an object of texts"):
            ModelCard.read(folder, stage="pose")

    def test_weights_that_cannot_be_read(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_: Path) -> str:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("sbea_engine.nn.card.file_sha256", refuse)
        with pytest.raises(BadModel, match=r"weights\.safetensors: cannot be read \(Permission denied\)"):
            ModelCard.read(folder, stage="pose")


class TestNumber:
    def test_of_a_card(self) -> None:
        assert number({"a": 1}, "a", 0.5, 1.0) == 1.0
        assert whole_number({"a": 3}, "a", 0, 3) == 3

    @pytest.mark.parametrize(
        "value", [True, None, "1", [1.0], {}, float("nan"), float("inf"), 0.4, 1.1, 10**400, -(10**400)]
    )
    def test_what_is_none(self, value: object) -> None:
        with pytest.raises(ValueError, match=r"^'a' is a number from 0\.5 to 1; got .{1,40}$"):
            number({"a": value}, "a", 0.5, 1.0)

    @pytest.mark.parametrize("value", [True, None, 1.0, -1, 4, 10**400])
    def test_what_is_not_whole(self, value: object) -> None:
        with pytest.raises(ValueError, match=r"^'a' is a whole number from 0 to 3; got .{1,40}$"):
            whole_number({"a": value}, "a", 0, 3)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = write_json(tmp_path / "a.json", {"old": 1})
    with full_disk(1000), pytest.raises(OSError, match="too large"):
        write_json(file, {"new": "x" * 100_000})
    assert json.loads(file.read_text()) == {"old": 1}
    assert [f.name for f in tmp_path.iterdir()] == ["a.json"]
