"""How long each client of AWS waits, and how often it asks again."""

from botocore.config import Config

from chalicelib.aws.clients import ONE_TRY

QUICK = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
)
"""The store is asked thrice within API Gateway's patience; then the visitor hears of it. The client's
own validation is off: it walks every attribute to repeat what DynamoDB checks anyway, a fifth of a
submission's CPU, for requests that one function encodes."""

ONCE = Config(connect_timeout=3, read_timeout=10, retries=ONE_TRY)
"""Mail is never offered twice by the client: see SesMailer."""

FIFTY_ONCE = Config(
    connect_timeout=3,
    read_timeout=30,
    retries=ONE_TRY,
    parameter_validation=False,
)
"""An issue goes to fifty at a time; SES may think longer about them."""

PATIENT = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 5},
)
"""What SES allows once a second is asked again a few times, after waits that nobody shares."""

SIGNED = Config(
    connect_timeout=2,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 3},
    signature_version="s3v4",
    s3={"addressing_style": "virtual"},
)
"""Addresses of files are signed in the way that every region knows, and are of the bucket's own."""
