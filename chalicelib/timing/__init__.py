"""When things happen: business days, the clocks of a case, and what they count."""
