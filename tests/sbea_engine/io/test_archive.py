from __future__ import annotations

import io
import random
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from sbea_engine.errors import Cancelled
from sbea_engine.io.archive import BadArchive, ZipLimits, extract_zip
from sbea_engine.progress import Progress


def pack(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    file = tmp_path / "upload.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of the double names that are wanted here
        for name, content in entries:
            archive.writestr(name, content)
    return file


def refusal(tmp_path: Path, archive: Path, limits: ZipLimits | None = None) -> str:
    """The reason, once it is sure that nothing was left behind."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadArchive) as caught:
        extract_zip(archive, tmp_path / "out", limits=limits)
    assert sorted(tmp_path.rglob("*")) == before
    assert str(archive) in str(caught.value)
    return str(caught.value)


def special(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (mode | 0o777) << 16
    return entry


class TestExtractZip:
    def test_files_and_folders(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, ("project/", b""), ("project/a.txt", b"one"), ("project/deep/ü.txt", b"two"))
        seen: list[Progress] = []
        out = extract_zip(archive, tmp_path / "new" / "out", on_progress=seen.append)
        assert (out / "project" / "a.txt").read_bytes() == b"one"
        assert (out / "project" / "deep" / "ü.txt").read_bytes() == b"two"
        assert (seen[-1].done, seen[-1].total) == (3, 3)
        assert [p.name for p in (tmp_path / "new").iterdir()] == ["out"]

    def test_names_with_backslashes_become_folders(self, tmp_path: Path) -> None:
        out = extract_zip(pack(tmp_path, ("project\\a.txt", b"one")), tmp_path / "out")
        assert (out / "project" / "a.txt").read_bytes() == b"one"

    def test_permissions_are_not_taken_over(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, (special("run.sh", stat.S_IFREG | stat.S_ISUID), b"#!"))
        mode = (extract_zip(archive, tmp_path / "out") / "run.sh").stat().st_mode
        assert not mode & (stat.S_ISUID | stat.S_IXUSR | stat.S_IXOTH)

    def test_an_existing_folder_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        with pytest.raises(FileExistsError):
            extract_zip(pack(tmp_path, ("a", b"")), tmp_path / "out")

    def test_cancel_leaves_nothing(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, ("a", b"1"), ("b", b"2"))

        def stop(progress: Progress) -> None:
            if progress.done == 1:
                raise Cancelled

        with pytest.raises(Cancelled):
            extract_zip(archive, tmp_path / "out", on_progress=stop)
        assert list(tmp_path.iterdir()) == [archive]


class TestNames:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("../evil.txt", "leaves the folder"),
            ("a/../../evil.txt", "leaves the folder"),
            ("..\\evil.txt", "leaves the folder"),
            ("/etc/cron.d/evil", "absolute name"),
            ("\\evil", "absolute name"),
            ("C:\\evil.txt", "absolute name"),
            ("C:evil.txt", "absolute name"),
            ("\\\\host\\share\\evil", "absolute name"),
            ("a\nb", "no file name"),
            (".", "no file name"),
            ("n" * 300, "too long"),
            ("/".join("d" * 40), "too long"),
        ],
    )
    def test_names_that_are_not_unpacked(self, tmp_path: Path, name: str, reason: str) -> None:
        archive = pack(tmp_path, ("good.txt", b"good"), (name, b"evil"))
        assert reason in refusal(tmp_path, archive)

    def test_a_name_that_hides_behind_a_null(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, ("aaaa.png", b"x"))
        archive.write_bytes(archive.read_bytes().replace(b"aaaa.png", b"aa\0a.png"))
        assert "no file name" in refusal(tmp_path, archive)

    @pytest.mark.parametrize(("first", "second"), [("a.txt", "a.txt"), ("a.txt", "A.TXT"), ("d/a", "d\\a")])
    def test_duplicates(self, tmp_path: Path, first: str, second: str) -> None:
        assert "occurs twice" in refusal(tmp_path, pack(tmp_path, (first, b"1"), (second, b"2")))

    def test_a_file_that_is_also_a_folder(self, tmp_path: Path) -> None:
        assert "which is a file" in refusal(tmp_path, pack(tmp_path, ("a", b"1"), ("a/b", b"2")))
        assert "occurs twice" in refusal(tmp_path, pack(tmp_path, ("a/b", b"2"), ("a", b"1")))

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
    def test_links_and_devices(self, tmp_path: Path, kind: int) -> None:
        archive = pack(tmp_path, (special("innocent.png", kind), b"/etc/passwd"))
        assert "'innocent.png' is a link or a device" in refusal(tmp_path, archive)


class TestBombs:
    def test_ratio(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, ("zeros.bin", bytes(3 << 20)))
        limits = ZipLimits(ratio_from_bytes=1 << 20)
        assert "'zeros.bin' swells to" in refusal(tmp_path, archive, limits)

    def test_a_small_file_may_be_packed_well(self, tmp_path: Path) -> None:
        extract_zip(pack(tmp_path, ("zeros.bin", bytes(3 << 20))), tmp_path / "out")

    def test_claimed_size(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, ("a", bytes(600)), ("b", bytes(600)))
        assert "unpacks to 1200 bytes; at most 1000" in refusal(tmp_path, archive, ZipLimits(max_bytes=1000))

    def test_a_size_that_lies_does_not_get_through(self, tmp_path: Path) -> None:
        """The directory says 10 bytes; more come out. zipfile stops at 10 and the checksum then fails."""
        archive = pack(tmp_path, ("a", bytes(100_000)))
        data = bytearray(archive.read_bytes())
        directory = data.rindex(b"PK\x01\x02")
        data[directory + 24 : directory + 28] = struct.pack("<I", 10)
        archive.write_bytes(bytes(data))
        assert "'a' is damaged" in refusal(tmp_path, archive, ZipLimits(max_bytes=1000))

    def test_number_of_entries(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, *((str(n), b"") for n in range(11)))
        assert "11 entries; at most 10" in refusal(tmp_path, archive, ZipLimits(max_entries=10))


class TestDamage:
    def test_encrypted(self, tmp_path: Path) -> None:
        archive = pack(tmp_path, ("secret.txt", b"x"))
        data = bytearray(archive.read_bytes())
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(signature) + offset] |= 1
        archive.write_bytes(bytes(data))
        assert "'secret.txt' is encrypted" in refusal(tmp_path, archive)

    def test_wrong_checksum(self, tmp_path: Path) -> None:
        file = tmp_path / "upload.zip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("good.txt", b"good")
            archive.writestr("a.txt", b"marmalade")
        file.write_bytes(file.read_bytes().replace(b"marmalade", b"marmelade"))
        assert "'a.txt' is damaged" in refusal(tmp_path, file)

    @pytest.mark.parametrize(
        "method",
        [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
        ids=["deflate", "bzip2", "lzma"],
    )
    def test_noise_in_an_entry(self, tmp_path: Path, method: int) -> None:
        file = tmp_path / "upload.zip"
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr("a.txt", random.Random(1).randbytes(20_000))
        data = bytearray(file.read_bytes())
        data[60:1060] = random.Random(2).randbytes(1000)
        file.write_bytes(bytes(data))
        assert "'a.txt' is damaged" in refusal(tmp_path, file)

    def test_a_version_of_the_format_from_the_future(self, tmp_path: Path) -> None:
        file = pack(tmp_path, ("a.txt", b"x"))
        data = bytearray(file.read_bytes())
        data[data.index(b"PK\x01\x02") + 6] = 99
        file.write_bytes(bytes(data))
        assert "cannot be unpacked here (zip file version 9.9)" in refusal(tmp_path, file)

    def test_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "project").mkdir()
        assert "a folder, where a zip archive was expected" in refusal(tmp_path, tmp_path / "project")

    @pytest.mark.parametrize("content", [b"", b"not a zip at all", b"PK\x03\x04" + bytes(100)])
    def test_no_zip(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "upload.zip"
        file.write_bytes(content)
        assert "not a zip archive" in refusal(tmp_path, file)

    def test_truncated(self, tmp_path: Path) -> None:
        file = pack(tmp_path, ("a.txt", bytes(range(256)) * 100))
        file.write_bytes(file.read_bytes()[:-10])
        assert "not a zip archive" in refusal(tmp_path, file)

    def test_not_there(self, tmp_path: Path) -> None:
        assert "not there" in refusal(tmp_path, tmp_path / "none.zip")

    def test_entries_that_share_their_bytes_count_each(self, tmp_path: Path) -> None:
        """Overlapping entries make small bombs of enormous ratio."""
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", bytes(1 << 20))
        data = inner.getvalue()
        start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
        entry = data[start:end]
        copies = b"".join(entry[:46] + bytes([ord("a") + n]) + entry[47:] for n in range(8))
        tail = data[end : end + 8] + struct.pack("<HHIIH", 8, 8, len(copies), start, 0)
        file = tmp_path / "upload.zip"
        file.write_bytes(data[:start] + copies + tail)
        assert refusal(tmp_path, file, ZipLimits(ratio_from_bytes=2 << 20))
