"""Documents beside a form: what may be one, whose it is, and what the scan for malware says."""
