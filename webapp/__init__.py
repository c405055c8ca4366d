"""The web side: who, what, when. It computes nothing on pixels or tensors."""
