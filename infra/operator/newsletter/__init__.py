"""The operator's commands for an issue of the newsletter."""
