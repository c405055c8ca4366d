"""Files that would do harm, or make no sense, are refused with file and place."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from sbea_engine.io.sleap import BadSleap, read_analysis, read_slp, write_analysis, write_slp
from tests.sbea_engine.io.outside import make_labels, make_poses


def _replace(name: str, **options: Any) -> Callable[[h5py.File], None]:
    def change(store: h5py.File) -> None:
        del store[name]
        store.create_dataset(name, **options)

    return change


def _field(table: str, column: str, value: Any) -> Callable[[h5py.File], None]:
    def change(store: h5py.File) -> None:
        rows = store[table][()]
        rows[column][-1] = value
        store[table][...] = rows

    return change


def _metadata(change: Callable[[dict[str, Any]], None]) -> Callable[[h5py.File], None]:
    def apply(store: h5py.File) -> None:
        document = json.loads(store["metadata"].attrs["json"])
        change(document)
        store["metadata"].attrs["json"] = np.bytes_(json.dumps(document))

    return apply


def _raw_metadata(text: bytes) -> Callable[[h5py.File], None]:
    return lambda store: store["metadata"].attrs.__setitem__("json", np.bytes_(text))


def _external_link(store: h5py.File) -> None:
    del store["points"]
    store["points"] = h5py.ExternalLink("/etc/passwd", "/points")


def _soft_circle(store: h5py.File) -> None:
    del store["points"]
    store["points"] = h5py.SoftLink("/points")


def _external_data(store: h5py.File) -> None:
    del store["video0/video"]
    store.create_dataset("video0/video", (8, 100), "i1", external=[("/etc/passwd", 0, 800)])


def _virtual(store: h5py.File) -> None:
    del store["video0/frame_numbers"]
    layout = h5py.VirtualLayout((8,), "i8")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (8,))
    store.create_virtual_dataset("video0/frame_numbers", layout)


def _references(store: h5py.File) -> None:
    del store["tracks_json"]
    store.create_dataset("tracks_json", data=np.array([store.ref, store.ref], h5py.ref_dtype))


def _huge(store: h5py.File) -> None:
    dtype = store["points"].dtype
    del store["points"]
    store.create_dataset("points", (10**9,), dtype, chunks=(10**6,), compression="gzip")


def _long_texts(store: h5py.File) -> None:
    del store["videos_json"]
    store.create_dataset("videos_json", (3 * 10**6,), h5py.string_dtype(), chunks=True)


def _no_picture(store: h5py.File) -> None:
    store["video0/video"][0] = 7


def _picture_bomb(store: h5py.File) -> None:
    # a PNG header that claims 60,000 x 60,000 pixels
    chunk = bytes.fromhex("494844520000ea600000ea600800000000")
    header = bytes.fromhex("89504e470d0a1a0a0000000d") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    header += bytes.fromhex("0000000849444154")
    row = np.zeros(store["video0/video"].shape[1], np.int8)
    row[: len(header)] = np.frombuffer(header, np.int8)
    store["video0/video"][0] = row


BAD: dict[str, tuple[Callable[[h5py.File], Any], str]] = {
    "link out": (_external_link, "points is a link to another file; not followed"),
    "link to itself": (_soft_circle, "points is missing"),
    "data outside": (_external_data, "video0/video points to data in another file"),
    "virtual data": (_virtual, "frame_numbers points to data in another file"),
    "references": (_references, "tracks_json holds object where text was expected"),
    "huge array": (_huge, "points claims 18000000000 bytes"),
    "many texts": (_long_texts, "at most 1000000 texts"),
    "points of text": (_replace("points", data=[b"one", b"two"]), "where numbers were expected"),
    "bare points": (_replace("points", data=np.zeros(4)), "table points has no column 'x'"),
    "matrix": (_replace("frames", data=np.zeros((2, 2))), "frames has 2 dimensions"),
    "no table": (lambda store: store.__delitem__("instances"), "instances is missing"),
    "no metadata": (lambda store: store.__delitem__("metadata"), "metadata is missing"),
    "instances beyond": (_field("frames", "instance_id_end", 10**6), "names instances that are not among"),
    "instances twice": (_field("frames", "instance_id_start", 0), "names an instance of another frame"),
    "points beyond": (_field("instances", "point_id_end", 10**6), "beyond the"),
    "points overflow": (_field("instances", "point_id_start", 2**63), "other than 4 points"),
    "frame overflow": (_field("frames", "frame_idx", 2**63), "negative number"),
    "video beyond": (_field("frames", "video", 9), "frames are of video 9"),
    "track beyond": (_field("instances", "track", 9), "of track 9; 2 are named"),
    "odd type": (_field("instances", "instance_type", 7), "neither of people nor of a model"),
    "two skeletons": (_field("instances", "skeleton", 1), "have 2 skeletons"),
    "infinite": (_field("points", "x", np.inf), "further out"),
    "far away": (_field("points", "y", 1e30), "further out"),
    "new format": (lambda store: store["metadata"].attrs.__setitem__("format_id", 3.0), "newer than"),
    "odd format": (lambda store: store["metadata"].attrs.__setitem__("format_id", "x"), "is no number"),
    "deep JSON": (_raw_metadata(b"[" * 60_000), "metadata is no JSON"),
    "long number": (_raw_metadata(b"1" * 50_000), "metadata is no JSON"),
    "no JSON": (_raw_metadata(b"{"), "metadata is no JSON"),
    "no text": (_raw_metadata(b"\xff\xfe"), "no text in UTF-8"),
    "JSON list": (_raw_metadata(b"[]"), "its skeleton cannot be read"),
    "node beyond": (_metadata(lambda d: d["skeletons"][0]["nodes"][0].update(id=99)), "skeleton cannot be"),
    "node no number": (_metadata(lambda d: d["skeletons"][0]["nodes"][0].update(id=[1])), "cannot be read"),
    "same names": (_metadata(lambda d: d["nodes"][0].update(name="tail")), "must be unique"),
    "odd link": (
        _metadata(lambda d: d["skeletons"][0]["links"][0].update(type={"py/id": 7})),
        "skeleton cannot be read",
    ),
    "no picture": (_no_picture, "no picture that can be read"),
    "picture bomb": (_picture_bomb, "decompression bomb"),
    "frame numbers": (_replace("video0/frame_numbers", data=[1, 2]), "does not number the"),
    "video no object": (_replace("videos_json", data=["7"], dtype=h5py.string_dtype()), "not described"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_package(tmp_path: Path, kind: str) -> None:
    spoil, reason = BAD[kind]
    labels = make_labels(tmp_path / "in", videos=("cam",))
    file = write_slp(tmp_path / "a.pkg.slp", labels=labels, embed=True)
    with h5py.File(file, "r+") as store:
        spoil(store)
    with pytest.raises(BadSleap) as error:
        read_slp(file, pictures=tmp_path / "out")
    assert str(file) in str(error.value)
    assert reason in str(error.value)


@pytest.mark.parametrize("data", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_no_hdf5(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.slp").write_bytes(data)
    with pytest.raises(BadSleap, match=r"a\.slp: (not an HDF5|cannot be opened|damaged)"):
        read_slp(tmp_path / "a.slp")
    with pytest.raises(BadSleap, match=r"a\.slp"):
        read_analysis(tmp_path / "a.slp")


def test_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadSleap, match="not there"):
        read_slp(tmp_path / "a.slp")
    with pytest.raises(BadSleap, match="not there"):
        read_slp(tmp_path)


@pytest.mark.parametrize("part", [0.01, 0.1, 0.5, 0.9])
def test_a_cut_file(tmp_path: Path, part: float) -> None:
    file = write_slp(tmp_path / "a.slp", poses={"cam": make_poses()})
    whole = file.read_bytes()
    file.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(BadSleap, match=r"a\.slp"):
        read_slp(file)


BAD_ANALYSIS: dict[str, tuple[Callable[[h5py.File], Any], str]] = {
    "no tracks": (lambda store: store.__delitem__("tracks"), "tracks is missing"),
    "other shape": (_replace("tracks", data=np.zeros((2, 2, 4, 7))), "do not fit"),
    "flat": (_replace("tracks", data=np.zeros(7)), "dimensions; expected 4"),
    "text": (_replace("tracks", data=np.full((2, 2, 4, 20), b"x")), "where numbers were expected"),
    "odd axes": (lambda s: s["tracks"].attrs.__setitem__("dims", '["a", "b"]'), "has the axes"),
    "axes no JSON": (lambda s: s["tracks"].attrs.__setitem__("dims", "["), "is no JSON"),
    "names of numbers": (_replace("node_names", data=np.arange(4)), "where text was expected"),
    "far away": (_replace("tracks", data=np.full((2, 2, 4, 20), 1e12)), "further out"),
    "huge": (_replace("tracks", shape=(10**4, 2, 10**3, 10**4), chunks=True, dtype="f8"), "claims"),
}


@pytest.mark.parametrize("kind", BAD_ANALYSIS)
def test_bad_analysis(tmp_path: Path, kind: str) -> None:
    spoil, reason = BAD_ANALYSIS[kind]
    file = write_analysis(make_poses(), tmp_path / "a.h5")
    with h5py.File(file, "r+") as store:
        spoil(store)
    with pytest.raises(BadSleap) as error:
        read_analysis(file)
    assert str(file) in str(error.value)
    assert reason in str(error.value)
