"""The published directory of coaches, and how visitors search it."""
