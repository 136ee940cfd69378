"""A form on its way into the store: one transaction, and repeats that change nothing."""
