"""Relais: a non-profit's forms, from the website to a decision."""
