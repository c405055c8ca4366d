"""Celery tasks: thin wrappers around the engine."""
