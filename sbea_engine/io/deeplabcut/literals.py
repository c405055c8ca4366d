"""Reads lists of names out of serialised attributes without ever running them.

PyTables stores Python objects in HDF5 attributes with the `pickle` protocol, and pandas keeps the column
names of its table format that way. Loading such an attribute runs whatever the file's author put there. Here
the instructions are listed with `pickletools`, which executes nothing, and a small machine follows only those
that build text, numbers, lists, tuples and dictionaries; any other instruction is refused.
"""

from __future__ import annotations

import pickletools
from typing import Any

__all__ = ["NotALiteralError", "read_literal"]

MAX_BYTES = 4 << 20

_VALUES = {
    "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING",
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "FLOAT", "BINFLOAT",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = {"PROTO", "FRAME", "STOP"}


class NotALiteralError(ValueError):
    """The data does more than build text, numbers and containers, or is damaged."""


class _Mark:
    """Where a container of unknown length begins on the stack."""


def read_literal(data: bytes) -> Any:
    """The value that `data` describes.

    Raises:
        NotALiteralError: Anything but plain values is asked for, or the data is damaged.
    """
    if len(data) > MAX_BYTES:
        raise NotALiteralError(f"{len(data)} bytes are more than a header needs")
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(data):
            machine.step(opcode.name, argument)
        (value,) = machine.stack
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise (
            error if isinstance(error, NotALiteralError) else NotALiteralError(f"damaged ({error})")
        ) from error
    return value


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Follow one instruction."""
        if name in _IGNORED:
            return
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            self.stack.append(tuple(self._take(_TUPLES[name])))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif not self._contain(name):
            raise NotALiteralError(f"holds the instruction {name}")

    def _contain(self, name: str) -> bool:
        """Follow an instruction that makes or fills a container; False when it is none."""
        if name == "MARK":
            self.stack.append(_Mark())
        elif name in ("EMPTY_LIST", "EMPTY_DICT"):
            self.stack.append([] if name == "EMPTY_LIST" else {})
        elif name in ("LIST", "TUPLE", "DICT"):
            items = self._take_to_mark()
            self.stack.append(items if name == "LIST" else tuple(items) if name == "TUPLE" else _pairs(items))
        elif name in ("APPEND", "APPENDS"):
            items = self._take(1) if name == "APPEND" else self._take_to_mark()
            self.stack[-1].extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = self._take(2) if name == "SETITEM" else self._take_to_mark()
            self.stack[-1].update(_pairs(items))
        else:
            return False
        return True

    def _take(self, count: int) -> list[Any]:
        if count == 0:
            return []
        items = self.stack[-count:]
        if len(items) < count:
            raise NotALiteralError("damaged (too few values)")
        del self.stack[-count:]
        return items

    def _take_to_mark(self) -> list[Any]:
        items: list[Any] = []
        while not isinstance(item := self.stack.pop(), _Mark):
            items.append(item)
        return items[::-1]


def _pairs(items: list[Any]) -> dict[Any, Any]:
    if not all(isinstance(key, str | int) for key in items[::2]):
        # hashing a tuple that holds itself many times over would take forever
        raise NotALiteralError("has a dictionary key that is neither text nor a number")
    return dict(zip(items[::2], items[1::2], strict=True))
