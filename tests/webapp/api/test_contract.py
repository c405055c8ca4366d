"""The committed descriptions are what the code says; the TypeScript client is generated from them."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management import call_command

from webapp.api.contract import openapi_text, wire_types_text
from webapp.api.export import contract_file


def test_the_committed_openapi_equals_the_code() -> None:
    committed = json.loads(contract_file("openapi.json").read_text())
    assert committed == json.loads(openapi_text()), "run: python manage.py export_openapi"


def test_the_committed_wire_types_equal_the_code() -> None:
    committed = json.loads(contract_file("messages.schema.json").read_text())
    assert committed == json.loads(wire_types_text()), "run: python manage.py export_wire_types"


def test_the_commands_write_what_the_tests_compare(tmp_path: Path) -> None:
    for command, text in (("export_openapi", openapi_text), ("export_wire_types", wire_types_text)):
        out = tmp_path / "new" / f"{command}.json"
        call_command(command, out=out)
        assert out.read_text() == text()


def test_operation_ids_are_unique_and_name_noun_and_verb() -> None:
    paths = json.loads(openapi_text())["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(set(names)) == len(names)
    assert all("_" in name for name in names)
