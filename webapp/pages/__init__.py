"""Pages: Django templates that mount islands. Views check access and hand over addresses, nothing more."""
