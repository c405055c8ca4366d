"""Where points fall in pictures, and where in the world pictures place them. NumPy only, batched."""

from sbea_engine.geometry.lens import distort, fold_radius, undistort
from sbea_engine.geometry.projection import project, undistort_px
from sbea_engine.geometry.triangulation import (
    BadSightings,
    Triangulated,
    TriangulationOptions,
    reproject,
    triangulate,
)

__all__ = [
    "BadSightings",
    "Triangulated",
    "TriangulationOptions",
    "distort",
    "fold_radius",
    "project",
    "reproject",
    "triangulate",
    "undistort",
    "undistort_px",
]
