"""The review of a file: what a link shows, and what its form decides."""
