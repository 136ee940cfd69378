"""One person across all rooms: what is kept of them, for how long, and how it ends."""
