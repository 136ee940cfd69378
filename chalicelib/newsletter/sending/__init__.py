"""An issue on its way to its readers: audience, ledger, pace, outcomes."""
