"""What the browser's reader of tables is tested against is what the engine writes."""

import json

from tests.fixtures.sync_tables import PATH, tables


def test_the_tables_of_the_browser_tests_are_those_of_the_engine() -> None:
    stored = json.loads(PATH.read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(tables())), "run: python -m tests.fixtures.sync_tables"
