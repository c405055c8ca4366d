"""From a proxy on disk to what the database keeps of it."""

from __future__ import annotations

from pathlib import Path

from webapp.recordings.services import IngestedVideo

VERSION_CHARACTERS = 12


def describe_proxy(folder: Path) -> IngestedVideo:
    """Read the facts of a proxy that `sbea_engine.video.make_proxy` wrote.

    Raises:
        BadVideo: The folder holds no complete proxy.
    """
    from sbea_engine.video.proxy_files import load_proxy

    proxy = load_proxy(folder)
    return IngestedVideo(
        folder=folder,
        frame_count=proxy.frame_count,
        width=proxy.width,
        height=proxy.height,
        fps=proxy.source.fps,
        kind=proxy.source.kind,
        version=proxy.sha256[:VERSION_CHARACTERS],
        facts={
            "coded_width": proxy.coded_width,
            "coded_height": proxy.coded_height,
            "codec": proxy.codec,
            "description_base64": proxy.description_base64,
            "playing_fps": proxy.fps,
            "names": list(proxy.source.names) if proxy.source.names is not None else None,
        },
    )
