"""Maps of poses: many poses laid over one another, spread out in two dimensions and put into groups."""

from sbea_engine.pose.pose_map.layout import PoseMap, PoseMapConfig, lay_out
from sbea_engine.pose.pose_map.quantities import Quantity, quantity
from sbea_engine.pose.pose_map.rows import BadPoseMap, PoseRows

__all__ = ["BadPoseMap", "PoseMap", "PoseMapConfig", "PoseRows", "Quantity", "lay_out", "quantity"]
