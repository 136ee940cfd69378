"""What talks to AWS: the store, the mail and the keys."""
