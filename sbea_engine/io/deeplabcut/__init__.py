"""DeepLabCut projects: settings, labels and predictions (`docs/reference/deeplabcut.md`)."""

from sbea_engine.io.deeplabcut.config import ProjectConfig, read_config
from sbea_engine.io.deeplabcut.hdf5 import PickledObjects
from sbea_engine.io.deeplabcut.labels import IndexStyle, read_labels, write_labels
from sbea_engine.io.deeplabcut.predictions import read_predictions, write_predictions
from sbea_engine.io.deeplabcut.project import DeepLabCutProject, find_project, read_project, write_project
from sbea_engine.io.deeplabcut.table import BadDeepLabCut

__all__ = [
    "BadDeepLabCut",
    "DeepLabCutProject",
    "IndexStyle",
    "PickledObjects",
    "ProjectConfig",
    "find_project",
    "read_config",
    "read_labels",
    "read_predictions",
    "read_project",
    "write_labels",
    "write_predictions",
    "write_project",
]
