"""3D poses of a recording: made from the predictions of its views, read by window."""
