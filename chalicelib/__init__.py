"""Relais: a non-profit's forms, from the website to a decision."""

import gc

# Loading boto3 and pydantic makes many objects and hardly any garbage. Looking for it after
# every 700, as Python does by default, is a tenth of a cold start.
gc.set_threshold(20_000)
