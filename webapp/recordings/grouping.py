"""Which files are views of one recording, guessed from their names.

Nothing is done by a guess: a person sees it, changes it, and registers what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from webapp.recordings.names import LONGEST_RECORDING, LONGEST_VIEW, plain

# A word with the number that follows it ("cam1"), or a number alone: what is told apart is one of these.
_TOKEN = re.compile(r"[^\W\d_]+\d*|\d+")
# fmt: off
_VIEW_WORDS = frozenset({
    "above", "back", "below", "bottom", "cam", "camera", "ceiling", "dorsal", "down", "east", "floor",
    "front", "frontal", "head", "lateral", "left", "north", "overhead", "rear", "right", "ring", "roof",
    "side", "south", "top", "under", "up", "ventral", "view", "west",
})
_TAKE_WORDS = frozenset({
    "animal", "block", "date", "day", "exp", "experiment", "fly", "mouse", "part", "rat", "rec", "recording",
    "run", "ses", "session", "subject", "take", "test", "time", "trial", "week",
})
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Files that look like one recording: a name, and for each file the name of its view."""

    name: str
    views: tuple[tuple[str, str], ...]  # (file, view)


@dataclass(frozen=True, slots=True)
class _Stem:
    """A file's name in parts: `spans` are its tokens' places in `text`."""

    file: str
    text: str
    spans: tuple[tuple[int, int], ...]

    def piece(self, first: int, end: int) -> str:
        """The text from token `first` to before token `end`."""
        return self.text[self.spans[first][0] : self.spans[end - 1][1]] if first < end else ""


# After these a number is part of the name although something stands between: "cam_1" is "cam1".
_NUMBERED = _TAKE_WORDS | {"cam", "camera", "view"}
_LONGEST_NUMBER = 3
_ONE_CAMERA = re.compile(r"(?:cam|camera)[\W_]?\d+")
_LETTERED = frozenset({"cam", "camera", "view"})

_Cut = Callable[[_Stem], "tuple[str, str] | None"]  # (name of the recording, name of the view)


def propose_groups(files: Sequence[str], *, folder: str = "recording") -> list[Group]:
    """Sort files into recordings by what their names share.

    Files are views of one recording only where a name says so: `cam1`, `top`. Names that differ in a date, a
    number, an animal or a word that says nothing of a camera are takes of their own.

    `take3_top.mp4`, `take3_side.mp4`, `take4_top.mp4` and `take4_side.mp4` are two recordings with the views
    top and side. Of all ways to cut the names into recording and view, the one is taken that leaves the
    fewest files alone; then one whose views are called like views and not like takes; then the one with the
    fewest different views. A file that is alone is a recording of one view, as its name says.

    Args:
        files: Names or paths, each once.
        folder: Names a recording whose files are called by their views alone: `top.mp4` and `side.mp4`.
    """
    stems = [_parts(file) for file in files]
    best = max((_sorted_by(cut, stems) for cut in _cuts(stems, folder)), key=_merit)
    taken = {file for members in best.values() for file, _ in members}
    groups = [_named(name, *zip(*members, strict=True)) for name, members in best.items()]
    alone = [_named(stem.text, [stem.file], ["cam-1"]) for stem in stems if stem.file not in taken]
    return sorted([*groups, *alone], key=lambda group: group.name.casefold())


def propose_views(files: Sequence[str]) -> Group:
    """Name the views of files that somebody says belong to one recording."""
    if len(files) == 1:
        return _named(_parts(files[0]).text, files, ["cam-1"])
    stems = [_parts(file) for file in files]
    words = [[stem.piece(i, i + 1).casefold() for i in range(len(stem.spans))] for stem in stems]
    head = _shared(words)
    tail = min(_shared([row[::-1] for row in words]), *(len(row) - head for row in words))
    first = stems[0]
    ends = len(first.spans) - tail
    name = " ".join(filter(None, [first.piece(0, head), first.piece(ends, len(first.spans))]))
    views = [stem.piece(head, len(stem.spans) - tail) or stem.text for stem in stems]
    if len({view.casefold() for view in views}) < len(views):  # cam1/take.mp4 and cam2/take.mp4
        views = [PurePosixPath(file.replace("\\", "/")).parent.name or "view" for file in files]
    return _named(name or "recording", files, views)


def _parts(file: str) -> _Stem:
    text = PurePosixPath(file.replace("\\", "/")).stem
    spans: list[tuple[int, int]] = []
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        number = found[0].isdecimal() and len(found[0]) <= _LONGEST_NUMBER
        if spans and number and text[slice(*spans[-1])].casefold() in _NUMBERED:
            start = spans.pop()[0]
        spans.append((start, end))
    return _Stem(file, text, tuple(spans))


def _cuts(stems: Iterable[_Stem], folder: str) -> list[_Cut]:
    """Every way to cut: the view at the end, at the start, one word in between, or the whole name."""
    longest = max((len(stem.spans) for stem in stems), default=0)
    places = range(1, longest)
    signed = [*places, *(-place for place in places)]
    ends = [_ends(place, last=last) for last in (True, False) for place in signed]
    return [*ends, *(_view_between(place) for place in places[:-1]), _view_alone(folder)]


def _ends(place: int, *, last: bool) -> _Cut:
    """Cut before token `place`, counted from the end where negative; the view comes last, or first."""

    def cut(stem: _Stem) -> tuple[str, str] | None:
        count = len(stem.spans)
        at = place if place > 0 else count + place
        if not 0 < at < count:
            return None
        first, second = stem.piece(0, at), stem.piece(at, count)
        return (first, second) if last else (second, first)

    return cut


def _view_alone(folder: str) -> _Cut:
    def cut(stem: _Stem) -> tuple[str, str] | None:
        return (folder, stem.text) if _tells_view(stem.text) else None

    return cut


def _view_between(place: int) -> _Cut:
    def cut(stem: _Stem) -> tuple[str, str] | None:
        count = len(stem.spans)
        if count <= place + 1:
            return None
        return f"{stem.piece(0, place)} {stem.piece(place + 1, count)}", stem.piece(place, place + 1)

    return cut


def _sorted_by(cut: _Cut, stems: Iterable[_Stem]) -> dict[str, list[tuple[str, str]]]:
    """Recordings of two or more files by this cut; one in which two views had one name is none.

    Nor is one in which no name tells of a camera, or two tell of the same. Files whose view would tell of a
    take stay out.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    names: dict[str, str] = {}
    for stem in stems:
        parts = cut(stem)
        if parts is not None and not _tells_take(parts[1]):
            name = names.setdefault(parts[0].casefold(), parts[0])
            found.setdefault(name, []).append((stem.file, parts[1]))
    return {
        name: members
        for name, members in found.items()
        if len({view.casefold() for _, view in members}) == len(members) > 1
        and any(_tells_view(view) for _, view in members)
        and not _same_camera([view for _, view in members])
    }


def _merit(groups: dict[str, list[tuple[str, str]]]) -> tuple[float, ...]:
    views = {view.casefold() for members in groups.values() for _, view in members}
    told = sum(_tells_view(view) for view in views)
    files = sum(len(members) for members in groups.values())
    return files, told / max(1, len(views)), -len(views), -sum(len(_TOKEN.findall(view)) for view in views)


def _tells_view(text: str) -> bool:
    letters = {word[:-1] for word in _words(text)} & _LETTERED  # camA
    return bool(letters or _words(text) & _VIEW_WORDS)


def _same_camera(views: Iterable[str]) -> bool:
    """Whether two of them name one camera by its number, as cam1_a and cam1_b do."""
    cameras = [found[0] for view in views if (found := _ONE_CAMERA.search(view.casefold()))]
    return len(set(cameras)) < len(cameras)


def _tells_take(text: str) -> bool:
    """Whether it names an animal, a day or a trial, or holds a date: no camera does."""
    numbers = [token for token in _TOKEN.findall(text) if token.isdecimal()]
    dated = len(numbers) > 1 or any(len(number) > _LONGEST_NUMBER for number in numbers)
    return dated or bool(_words(text) & _TAKE_WORDS)


def _words(text: str) -> set[str]:
    return {word.rstrip("0123456789") for word in map(str.casefold, _TOKEN.findall(text))}


def _named(name: str, files: Sequence[str], views: Sequence[str]) -> Group:
    """Names short enough to be kept, and views that differ in more than case."""
    known: set[str] = set()
    kept: list[str] = []
    for view in views:
        base = plain(view)[: LONGEST_VIEW - 8].strip() or "view"
        text, number = base, 1
        while text.casefold() in known:
            number += 1
            text = f"{base} ({number})"
        known.add(text.casefold())
        kept.append(text)
    short = plain(name)[: LONGEST_RECORDING - 8].strip() or "recording"
    return Group(name=short, views=tuple(zip(files, kept, strict=True)))


def _shared(rows: Sequence[Sequence[str]]) -> int:
    """How many leading words all rows have in common."""
    count = 0
    for column in zip(*rows, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count
