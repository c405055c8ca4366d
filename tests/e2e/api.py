"""The HTTP API as the signed-in browser sees it, for arranging what a test needs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import BrowserContext


class StudioApi:
    """JSON calls with the cookies of a browser context."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self._context = context
        self._base_url = base_url

    def call(self, method: str, path: str, body: object = None) -> Any:
        token = next((c["value"] for c in self._context.cookies() if "csrf" in c["name"]), "")
        answer = self._context.request.fetch(
            f"{self._base_url}/api/v1{path}",
            method=method,
            data=body,
            headers={"X-CSRFToken": token, "Referer": self._base_url + "/"},
        )
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()}"
        return answer.json() if answer.body() else None

    def project(self, name: str, keypoints: list[str]) -> dict[str, Any]:
        """Make a project of one animal with a skeleton of unconnected keypoints."""
        made: dict[str, Any] = self.call("POST", "/projects", {"name": name, "keypoints": keypoints})
        found: dict[str, Any] = self.call("GET", f"/projects/{made['id']}")
        return found

    def register(self, project_id: int, name: str, path: Path) -> dict[str, Any]:
        """Register a video in place, wait until it is ready and return it."""
        made = self.call(
            "POST",
            f"/projects/{project_id}/recordings",
            {"name": name, "sources": [{"view": "cam-1", "path": str(path)}]},
        )
        for job_id in made["job_ids"]:
            self.wait_for_job(job_id)
        video: dict[str, Any] = self.call("GET", f"/videos/{made['recording']['videos'][0]['id']}")
        assert video["state"] == "ready", video
        return video

    def register_views(
        self, project_id: int, name: str, views: dict[str, Path], sync: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Register several videos as the views of one recording, wait, set its ticks and return it."""
        sources = [{"view": view, "path": str(path)} for view, path in views.items()]
        made = self.call("POST", f"/projects/{project_id}/recordings", {"name": name, "sources": sources})
        for job_id in made["job_ids"]:
            self.wait_for_job(job_id)
        recording_id = made["recording"]["id"]
        if sync is not None:
            self.call("PUT", f"/recordings/{recording_id}/sync", {"table": sync})
        found: dict[str, Any] = self.call("GET", f"/recordings/{recording_id}")
        assert [view["state"] for view in found["views"]] == ["ready"] * len(views), found
        return found

    def place(self, video_id: int, animal_id: int, points: dict[int, tuple[float, float]]) -> None:
        """Label keypoint 0 of an animal as visible at one position a frame."""
        rows = [
            {
                "uuid": str(uuid4()),
                "frame_index": frame,
                "animal_id": animal_id,
                "base_rev": 0,
                "keypoint": 0,
                "change": {"x": x, "y": y, "visibility": "visible"},
            }
            for frame, (x, y) in points.items()
        ]
        for start in range(0, len(rows), 100):
            self.call("POST", f"/videos/{video_id}/operations", {"operations": rows[start : start + 100]})

    def wait_for_job(self, job_id: str, *, deadline_s: float = 300) -> dict[str, Any]:
        """The job once it has ended well; fails with its error otherwise."""
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            job: dict[str, Any] = self.call("GET", f"/jobs/{job_id}")
            if job["state"] == "done":
                return job
            assert job["state"] in {"queued", "running"}, job
            time.sleep(0.3)
        raise AssertionError(f"job {job_id} did not end within {deadline_s} s")
