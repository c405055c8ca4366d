"""Label snapshots and the models trained on them."""
