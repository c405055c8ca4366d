"""Project, versioned Skeleton, Animal."""
