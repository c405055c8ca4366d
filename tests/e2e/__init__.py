"""Browser tests: a real server, a real worker, a real Chromium."""
