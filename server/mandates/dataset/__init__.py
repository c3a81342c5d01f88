"""From Turtle files to a snapshot, and from a snapshot back to a store."""
