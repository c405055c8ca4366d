"""Frames of recordings, exactly: reading by index, proxies for the browser, suggestions of what to label.

Importing this package loads no decoder; the functions do when they are first called.
"""

from sbea_engine.video.errors import BadVideo, CannotWrite
from sbea_engine.video.pictures import decode_frame, encode_image
from sbea_engine.video.probe import VideoProbe, probe
from sbea_engine.video.proxy import ProxyInfo, ProxySource, load_proxy, make_proxy
from sbea_engine.video.reader import FrameReader, FramesInfo, open_frames, read_source
from sbea_engine.video.suggest import Suggestion, suggest_frames

__all__ = [
    "BadVideo",
    "CannotWrite",
    "FrameReader",
    "FramesInfo",
    "ProxyInfo",
    "ProxySource",
    "Suggestion",
    "VideoProbe",
    "decode_frame",
    "encode_image",
    "load_proxy",
    "make_proxy",
    "open_frames",
    "probe",
    "read_source",
    "suggest_frames",
]
