"""Recordings and their videos: where pixels come from, and how they reach the browser."""
