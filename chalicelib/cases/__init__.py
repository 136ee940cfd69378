"""A file from submission to decision: its states, its transitions, and who moves it."""
