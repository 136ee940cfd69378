"""The newsletter: its subscribers, its issues, and how they are sent."""
