"""The shapes of the content files, for the type checker and the check: never loaded by a request."""
