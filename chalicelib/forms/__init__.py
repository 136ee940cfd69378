"""What may be submitted: fields, parsing, rules, problems and their description in both languages."""
