"""The Ninja API object, its authentication and its errors."""
