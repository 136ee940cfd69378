"""What every room stands on: the store's port, errors, links, rate limits, dates, templates, settings."""
