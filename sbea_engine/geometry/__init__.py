"""Where points fall in pictures, and where in the world pictures place them. NumPy only, batched."""

from sbea_engine.geometry.lens import distort, fold_radius, undistort
from sbea_engine.geometry.projection import project, undistort_px

__all__ = ["distort", "fold_radius", "project", "undistort", "undistort_px"]
