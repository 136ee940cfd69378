"""Who reads the newsletter: sign-up, consent, preferences, leaving."""
