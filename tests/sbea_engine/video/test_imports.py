"""The web process may import this package: no decoder, no OpenCV, no torch until a function needs one."""

from __future__ import annotations

import subprocess
import sys


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, sbea_engine.video\n"
        "print([m for m in ('av', 'cv2', 'torch', 'sklearn', 'PIL', 'scipy', 'pandas') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_serving_a_frame_needs_no_opencv() -> None:
    code = (
        "import sys, tempfile; from pathlib import Path\n"
        "from sbea_engine.video import decode_frame, encode_image, make_proxy\n"
        "from tests.fixtures.barcode import write_barcode_video\n"
        "folder = Path(tempfile.mkdtemp())\n"
        "make_proxy(write_barcode_video(folder / 'v.mp4', 3), folder / 'p')\n"
        "assert encode_image(decode_frame(folder / 'p', 1, max_width=90), 'webp', 80)\n"
        "print([m for m in ('cv2', 'torch', 'sklearn') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
