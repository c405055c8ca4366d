"""Outputs of models over videos, and files made for other tools."""
