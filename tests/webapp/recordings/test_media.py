"""Media files: whole, by range, by frame, and only for members."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.http import HttpResponseBase
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from PIL import Image

from tests.fixtures.barcode import read_barcode
from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of
from tests.webapp.recordings.factories import WIDTH, make_video
from webapp.accounts.models import Role
from webapp.recordings import files, storage
from webapp.recordings.frames import ByteCache, FrameKey, FramePool, FramesBusy
from webapp.recordings.grants import Grants
from webapp.recordings.models import Video
from webapp.recordings.schemas import VideoOut

pytestmark = pytest.mark.django_db


@pytest.fixture
def video() -> Video:
    return make_video(make_project())


@pytest.fixture
def client(video: Video) -> Client:
    return client_of(owner_of(video.recording.project))


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]


def url(video: Video, name: str) -> str:
    return f"/media/videos/{video.pk}/{video.proxy_version}/{name}"


class TestProxy:
    def test_asks_the_database_for_little(self, client: Client, video: Video) -> None:
        """At every jump of a player: session, person, and the few columns that name the file."""
        with CaptureQueriesContext(connection) as asked:
            client.get(url(video, "proxy.mp4"), headers={"Range": "bytes=0-9"})
        assert len(asked) == 3
        assert all(name not in asked[2]["sql"] for name in ("sync", "proxy_facts", "source_path"))

    def test_asks_it_once_in_two_seconds(
        self, client: Client, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = [100.0]
        monkeypatch.setattr("webapp.recordings.grants.time.monotonic", lambda: clock[0])

        def queries(asker: Client, name: str = "proxy.mp4") -> tuple[int, int]:
            with CaptureQueriesContext(connection) as asked:
                status = asker.get(url(video, name), headers={"Range": "bytes=0-9"}).status_code
            return status, len(asked)

        assert queries(client) == (206, 3)
        assert queries(client) == (206, 0)
        assert queries(client, "frames.bin") == (206, 0)
        stranger = client_of(make_user())
        assert queries(stranger)[0] == queries(stranger)[0] == 404
        video.recording.project.memberships.all().delete()
        clock[0] += 1.9
        assert queries(client) == (206, 0), "a moment longer, and no more for having been used"
        clock[0] += 0.2
        assert queries(client)[0] == 404

    def test_nobody_without_a_session_is_remembered(self, video: Video) -> None:
        asker = Client()
        assert asker.get(url(video, "proxy.mp4")).status_code == 401
        request = RequestFactory().get("/")
        grants = Grants()
        grants.give(request, video.pk, "v", frame_count=3)
        assert grants.find(request, video.pk, "v") is None

    def test_no_more_grants_are_kept_than_there_is_room_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [0.0]
        monkeypatch.setattr("webapp.recordings.grants.time.monotonic", lambda: clock[0])
        monkeypatch.setattr("webapp.recordings.grants.MAX_GRANTS", 3)
        grants, request = Grants(), RequestFactory().get("/")
        request.COOKIES["sessionid"] = "s"
        for pk in range(5):
            assert grants.give(request, pk, "v", frame_count=1).frame_count == 1
        assert [grants.find(request, pk, "v") is not None for pk in range(5)] == [True] * 3 + [False] * 2
        clock[0] += 3
        grants.give(request, 9, "v", frame_count=1)
        assert grants.find(request, 9, "v") is not None

    def test_whole(self, client: Client, video: Video) -> None:
        stored = (storage.video_folder(video.pk) / "proxy.mp4").read_bytes()
        response = client.get(url(video, "proxy.mp4"))
        assert response.status_code == 200
        assert body(response) == stored
        assert response["Content-Type"] == "video/mp4"
        assert response["Content-Length"] == str(len(stored))
        assert response["Accept-Ranges"] == "bytes"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]

    @pytest.mark.parametrize(
        ("header", "start", "stop"),
        [("bytes=0-0", 0, 1), ("bytes=100-299", 100, 300), ("bytes=-50", -50, None)],
    )
    def test_part(self, client: Client, video: Video, header: str, start: int, stop: int | None) -> None:
        stored = (storage.video_folder(video.pk) / "proxy.mp4").read_bytes()
        response = client.get(url(video, "proxy.mp4"), headers={"Range": header})
        assert response.status_code == 206
        assert body(response) == stored[start:stop]
        first = range(len(stored))[start]
        last = len(stored) - 1 if stop is None else stop - 1
        assert response["Content-Range"] == f"bytes {first}-{last}/{len(stored)}"

    def test_beyond_the_end(self, client: Client, video: Video) -> None:
        size = (storage.video_folder(video.pk) / "proxy.mp4").stat().st_size
        response = client.get(url(video, "proxy.mp4"), headers={"Range": f"bytes={size}-"})
        assert response.status_code == 416
        assert response["Content-Range"] == f"bytes */{size}"

    def test_several_ranges_give_the_whole(self, client: Client, video: Video) -> None:
        assert client.get(url(video, "proxy.mp4"), headers={"Range": "bytes=0-1,5-6"}).status_code == 200

    def test_if_range(self, client: Client, video: Video) -> None:
        tag = client.get(url(video, "proxy.mp4"))["ETag"]
        same = client.get(url(video, "proxy.mp4"), headers={"Range": "bytes=0-9", "If-Range": tag})
        other = client.get(url(video, "proxy.mp4"), headers={"Range": "bytes=0-9", "If-Range": '"old"'})
        assert (same.status_code, other.status_code) == (206, 200)

    def test_if_none_match(self, client: Client, video: Video) -> None:
        tag = client.get(url(video, "proxy.mp4"))["ETag"]
        response = client.get(url(video, "proxy.mp4"), headers={"If-None-Match": f'"x", W/{tag}'})
        assert response.status_code == 304
        assert body(response) == b""

    def test_head_tells_the_size_and_sends_nothing(self, client: Client, video: Video) -> None:
        response = client.head(url(video, "proxy.mp4"))
        assert response.status_code == 200
        assert int(response["Content-Length"]) > 0
        assert body(response) == b""

    def test_large_parts_are_streamed(
        self, client: Client, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "_ONE_PIECE_BYTES", 10)
        monkeypatch.setattr(files, "_PIECE_BYTES", 7)
        stored = (storage.video_folder(video.pk) / "proxy.mp4").read_bytes()
        response = client.get(url(video, "proxy.mp4"), headers={"Range": "bytes=3-102"})
        assert response.streaming
        assert body(response) == stored[3:103]

    def test_the_index_says_where_the_samples_are(self, client: Client, video: Video) -> None:
        records = np.frombuffer(
            body(client.get(url(video, "frames.bin"))),
            dtype=[("offset", "<u8"), ("size", "<u4"), ("key", "<u4"), ("source_pts", "<i8")],
        )
        assert len(records) == video.frame_count
        first = records[0]
        header = f"bytes={first['offset']}-{first['offset'] + first['size'] - 1}"
        assert len(body(client.get(url(video, "proxy.mp4"), headers={"Range": header}))) == first["size"]

    def test_poster(self, client: Client, video: Video) -> None:
        response = client.get(url(video, "poster.jpg"))
        assert response["Content-Type"] == "image/jpeg"
        assert Image.open(io.BytesIO(body(response))).size[0] <= 480


class TestFrame:
    @pytest.mark.parametrize("index", [0, 11, 12, 29])
    @pytest.mark.parametrize("extension", ["jpg", "webp"])
    def test_shows_the_frame_that_was_asked_for(
        self, client: Client, video: Video, index: int, extension: str
    ) -> None:
        response = client.get(url(video, f"frames/{index}.{extension}"))
        picture = np.asarray(Image.open(io.BytesIO(response.content)).convert("RGB"))
        assert read_barcode(picture) == index
        assert response["Content-Type"] == ("image/jpeg" if extension == "jpg" else "image/webp")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in response["Cache-Control"]

    def test_width_from_the_ladder(self, client: Client, video: Video) -> None:
        response = client.get(url(video, "frames/7.jpg?width=160"))
        picture = np.asarray(Image.open(io.BytesIO(response.content)))
        assert picture.shape[1] == 160
        assert read_barcode(picture, 160 / WIDTH) == 7

    @pytest.mark.parametrize("width", ["161", "0", "-160", "1e3", "99999999999999999999", "²"])
    def test_other_widths_are_refused(self, client: Client, video: Video, width: str) -> None:
        response = client.get(url(video, f"frames/7.jpg?width={width}"))
        assert response.status_code == 422
        assert response["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("name", ["frames/30.jpg", "frames/999999999.webp"])
    def test_frames_that_are_not_there(self, client: Client, video: Video, name: str) -> None:
        response = client.get(url(video, name))
        assert response.status_code == 404
        assert response.json()["code"] == "not_found"

    @pytest.mark.parametrize(
        "name", ["frames/-1.jpg", "frames/1.png", "frames/..%2f..%2fsecret.jpg", "frames/x.jpg"]
    )
    def test_other_addresses_lead_nowhere(self, client: Client, video: Video, name: str) -> None:
        assert client.get(url(video, name)).status_code == 404

    def test_the_template_of_the_api_leads_to_frames(self, client: Client, video: Video) -> None:
        template = VideoOut.of(video).frame_url_template
        assert template is not None
        assert client.get(template.replace("{n}", "3")).status_code == 200

    @pytest.mark.django_db(transaction=True)
    async def test_many_at_once_under_asgi(self) -> None:
        from asgiref.sync import sync_to_async

        video = await sync_to_async(lambda: make_video(make_project()))()
        client = AsyncClient()
        await client.aforce_login(await sync_to_async(lambda: owner_of(video.recording.project))())
        asked = [client.get(url(video, f"frames/{i}.jpg")) for i in range(24)]
        answers: list[Any] = await asyncio.gather(*asked)
        shown = [read_barcode(np.asarray(Image.open(io.BytesIO(a.content)))) for a in answers]
        assert shown == list(range(24))


class TestAccess:
    NAMES = ("proxy.mp4", "frames.bin", "poster.jpg", "frames/0.jpg")

    @pytest.mark.parametrize("name", NAMES)
    def test_nobody_without_session(self, video: Video, name: str) -> None:
        response = Client().get(url(video, name))
        assert response.status_code == 401
        assert response.json()["code"] == "not_signed_in"

    @pytest.mark.parametrize("name", NAMES)
    def test_a_stranger_learns_nothing(self, video: Video, name: str) -> None:
        assert client_of(make_user()).get(url(video, name)).status_code == 404

    @pytest.mark.parametrize("role", list(Role))
    def test_every_member_may_look(self, video: Video, role: Role) -> None:
        member = client_of(add_member(video.recording.project, role))
        assert all(member.get(url(video, name)).status_code == 200 for name in self.NAMES)

    @pytest.mark.parametrize("name", NAMES)
    def test_an_older_version_is_gone(self, client: Client, video: Video, name: str) -> None:
        assert client.get(f"/media/videos/{video.pk}/ffffffffffff/{name}").status_code == 404

    def test_shut_out_means_out(self, client: Client, video: Video) -> None:
        owner = owner_of(video.recording.project)
        owner.is_active = False
        owner.save()
        assert client.get(url(video, "poster.jpg")).status_code == 401

    def test_nothing_is_changed_here(self, client: Client, video: Video) -> None:
        client.handler.enforce_csrf_checks = False
        assert client.post(url(video, "proxy.mp4")).status_code == 405


class TestPool:
    @staticmethod
    def key(index: int) -> FrameKey:
        return FrameKey(folder=storage.data_root(), version="v", index=index, width=None, format="jpeg")

    def test_cache_forgets_the_longest_unused_first(self) -> None:
        cache = ByteCache(10)
        cache.put(self.key(0), b"aaaa")
        cache.put(self.key(1), b"bbbb")
        cache.get(self.key(0))
        cache.put(self.key(2), b"cccc")
        assert cache.get(self.key(0)) == b"aaaa"
        assert cache.get(self.key(1)) is None

    def test_cache_never_outgrows_its_bound(self) -> None:
        cache = ByteCache(10)
        cache.put(self.key(0), b"x" * 11)
        cache.put(self.key(1), b"y" * 6)
        cache.put(self.key(1), b"z" * 8)
        assert cache.get(self.key(0)) is None
        assert cache.get(self.key(1)) == b"z" * 8

    async def test_too_many_at_once_are_turned_away(self) -> None:
        pool = FramePool(workers=1, waiting=0)
        assert pool._free.acquire(blocking=False)
        with pytest.raises(FramesBusy):
            await pool.get(self.key(0))
