"""Nouns of the engine: validated at construction, no torch, no I/O beyond their own folder."""

from sbea_engine.data.boxes import Boxes
from sbea_engine.data.camera import Camera, CameraGroup
from sbea_engine.data.labels import FrameSource, LabelSet, Visibility
from sbea_engine.data.poses import Poses
from sbea_engine.data.poses3d import Poses3D
from sbea_engine.data.skeleton import Skeleton
from sbea_engine.data.sync import SyncTable

__all__ = [
    "Boxes",
    "Camera",
    "CameraGroup",
    "FrameSource",
    "LabelSet",
    "Poses",
    "Poses3D",
    "Skeleton",
    "SyncTable",
    "Visibility",
]
