"""Human labels: instances, the operation log, suggested frames, and label import."""
