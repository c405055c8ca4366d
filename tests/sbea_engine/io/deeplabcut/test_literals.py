from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbea_engine.io.deeplabcut.literals import NotALiteralError, read_literal

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


@given(value=plain, protocol=st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_values_of_every_protocol(value: Any, protocol: int) -> None:
    assert read_literal(pickle.dumps(value, protocol)) == value


class Runs:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.marker),))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_code_is_refused_and_does_not_run(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "ran"
    data = pickle.dumps([Runs(marker)], protocol)
    with pytest.raises(NotALiteralError, match="instruction"):
        read_literal(data)
    assert not marker.exists()
    pickle.loads(data)
    assert marker.exists(), "the sample must be one that does run when loaded"


def test_a_key_that_holds_itself_many_times_does_not_hang() -> None:
    nested: Any = ()
    for _ in range(200):
        nested = (nested, nested)
    data = b"}" + pickle.dumps(nested, 2)[2:-1] + b"K\x01s."
    with pytest.raises(NotALiteralError, match="key"):
        read_literal(data)


@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_but_never_crashes(data: bytes) -> None:
    try:
        read_literal(data)
    except NotALiteralError:
        return


@pytest.mark.parametrize(
    "data", [b"", b".", b"(lp0", b"a.", b"g5\n.", b"\x80\x04K\x01K\x02.", b"x" * (5 << 20)]
)
def test_damage(data: bytes) -> None:
    with pytest.raises(NotALiteralError):
        read_literal(data)
