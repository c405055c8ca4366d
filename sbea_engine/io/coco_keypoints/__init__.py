"""COCO keypoints (`docs/reference/coco.md`)."""

from sbea_engine.io.coco_keypoints.errors import BadCoco
from sbea_engine.io.coco_keypoints.reader import find, looks_like, read_labels
from sbea_engine.io.coco_keypoints.writer import write_labels

__all__ = ["BadCoco", "find", "looks_like", "read_labels", "write_labels"]
