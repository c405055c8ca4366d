"""The scene on a page of its own: built apart from the studio, served with the studio's content policy."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings

from tests.e2e.conftest import FLAGS
from tests.e2e.studio_server import ROOT

# WebGL on the processor: what a machine without a graphics card gives.
WEBGL_FLAGS = [
    *(flag for flag in FLAGS if flag != "--disable-gpu"),
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def build_scene_page(folder: Path) -> Path:
    """Bundle frontend/tests/scene/page into `folder`; raises with webpack's words where that fails."""
    node = shutil.which("node")
    assert node, "Node is needed to build the test page of the scene."
    command = [node, "tests/scene/page/build.mjs", str(folder)]
    done = subprocess.run(command, cwd=ROOT / "frontend", capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the test page did not build:\n{done.stdout}\n{done.stderr}"
    return folder


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", content_policy())
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        return


def content_policy() -> str:
    """The header that the studio sends with its pages."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


@contextmanager
def serve_scene_page(folder: Path) -> Iterator[str]:
    """Address of the built page on a free local port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()
        server.server_close()
