"""Writers turn the row of a letter into its subject, text and HTML."""
