"""Tests mirror the source tree. A real package, since an installed one may be called `tests` too."""
