"""The Job row, its lifecycle, and the only sender of tasks."""
