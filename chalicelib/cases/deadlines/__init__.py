"""The clocks of a file: what falls due when, and what then happens."""
