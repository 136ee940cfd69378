"""The network of coaches: its published directory, messages to coaches, and its upkeep."""
