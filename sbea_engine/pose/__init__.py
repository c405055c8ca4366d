"""Pose: keypoints of an animal in an image, learned from a few labelled frames."""
