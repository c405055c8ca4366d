"""The skeleton in a SLEAP file's metadata: a graph as networkx and jsonpickle wrote it.

Nodes of all skeletons lie in one list; a skeleton names its own by place in that list, in its own order. A
link is an edge (type 1) or joins mirrored nodes (type 2). The first link of a type spells it out
(`py/reduce`), later ones count back to it (`py/id`, by order of appearance).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sbea_engine.data import Skeleton
from sbea_engine.data.skeleton import MAX_KEYPOINTS, BadSkeleton
from sbea_engine.io.deeplabcut.config import symmetric_by_name
from sbea_engine.io.sleap.errors import BadSleap

__all__ = ["parse_skeletons", "skeleton_document"]

EDGE, SYMMETRY = 1, 2
MAX_LINKS = 10 * MAX_KEYPOINTS


def parse_skeletons(file: Path, metadata: Any) -> list[Skeleton]:
    """All skeletons of a file's metadata.

    Left/right pairs are those of the file; where it has none, those that the names tell.

    Raises:
        BadSleap: The metadata is damaged, or a skeleton cannot be used.
    """
    try:
        names = [str(node["name"]) for node in metadata["nodes"]]
        return [_skeleton(file, entry.get("nx_graph", entry), names) for entry in metadata["skeletons"]]
    except (KeyError, TypeError, IndexError, AttributeError, ValueError, OverflowError) as error:
        raise BadSleap(f"{file}: its skeleton cannot be read ({error!r}). Save it again in SLEAP.") from error


def skeleton_document(skeleton: Skeleton, name: str) -> dict[str, Any]:
    """`nodes` and `skeletons` of a file with one skeleton."""
    spelled: list[int] = []
    links: list[dict[str, Any]] = []
    for kind, pairs in ((EDGE, skeleton.edges), (SYMMETRY, skeleton.symmetric)):
        for number, (source, target) in enumerate(pairs):
            link: dict[str, Any] = {
                "key": 0,
                "source": skeleton.index(source),
                "target": skeleton.index(target),
                "type": _type(kind, spelled),
            }
            links.append({"edge_insert_idx": number, **link} if kind == EDGE else link)
    return {
        "nodes": [{"name": keypoint, "weight": 1.0} for keypoint in skeleton.keypoints],
        "skeletons": [
            {
                "directed": True,
                "graph": {"name": name, "num_edges_inserted": len(skeleton.edges)},
                "links": links,
                "multigraph": True,
                "nodes": [{"id": number} for number in range(len(skeleton))],
            }
        ],
    }


def _type(kind: int, spelled: list[int]) -> dict[str, Any]:
    if kind in spelled:
        return {"py/id": spelled.index(kind) + 1}
    spelled.append(kind)
    return {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [kind]}]}


def _skeleton(file: Path, graph: Mapping[str, Any], names: list[str]) -> Skeleton:
    if len(graph["nodes"]) > MAX_KEYPOINTS or len(graph["links"]) > MAX_LINKS:
        raise BadSleap(f"{file}: its skeleton has more than {MAX_KEYPOINTS} nodes or {MAX_LINKS} links.")
    places = [_place(node["id"], names) for node in graph["nodes"]]
    keypoints = tuple(names[place] for place in places)
    pairs: dict[int, list[tuple[str, str]]] = {EDGE: [], SYMMETRY: []}
    spelled: list[int] = []
    for link in graph["links"]:
        kind = _kind(link["type"], spelled)
        pair = (names[_place(link["source"], names)], names[_place(link["target"], names)])
        known = pairs[kind]
        if pair not in known and not (kind == SYMMETRY and pair[::-1] in known):
            known.append(pair)
    by_name = symmetric_by_name(keypoints)
    symmetric = tuple(pair[::-1] if pair[::-1] in by_name else pair for pair in pairs[SYMMETRY])
    try:
        return Skeleton(keypoints=keypoints, edges=tuple(pairs[EDGE]), symmetric=symmetric or by_name)
    except BadSkeleton as error:
        raise BadSleap(f"{file}: {error}") from error


def _place(number: Any, names: list[str]) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(names):
        raise ValueError(f"node {number!r}")
    return number


def _kind(described: Mapping[str, Any], spelled: list[int]) -> int:
    if "py/reduce" in described:
        kind = described["py/reduce"][1]["py/tuple"][0]
        spelled.append(kind)
    else:
        number = described["py/id"]
        # a number beyond what was spelled out here was counted elsewhere, and is the type itself
        kind = spelled[number - 1] if 0 < number <= len(spelled) else number
    if kind not in (EDGE, SYMMETRY):
        raise ValueError(f"link of type {kind!r}")
    return int(kind)
