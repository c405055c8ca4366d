"""One file a way to run: `embedded` (default), `server`, `test`; `base` is what they share."""
