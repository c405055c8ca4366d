"""Maps of poses: started by people, made by workers, shown on the Results page."""
