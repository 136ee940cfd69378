"""Letters owed: the outbox, its writers, and what SES reports."""
