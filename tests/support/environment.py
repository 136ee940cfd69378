"""The settings of the tests, and the staff who work in them: Rita reads French, Sam English."""

ENVIRONMENT = {
    "STAGE": "test",
    "RECORDS_TABLE": "Records",
    "SUBSCRIBERS_TABLE": "Subscribers",
    "KEYS_SECRET": "relais-test-keys",
    "PEOPLE_SECRET": "relais-test-people",
    "ANCHOR_SECRET": "relais-test-anchors",
    "ANCHOR_BUCKET": "relais-test-anchors",
    "PUBLIC_URL": "https://relais.example.org/api",
    "WEBSITE_URL": "https://www.example.org",
    "ALLOWED_ORIGINS": "https://www.example.org",
    "SENDER": "Innoweave <forms@example.org>",
    "REPLY_TO": "info@example.org",
    "CONFIGURATION_SET": "relais-test",
    "UNDO_SECONDS": "600",
    "POSTS_PER_HOUR": "1000",
    "SIGNUPS_PER_HOUR": "5",
    "ISSUE_RATE": "1000",
    "ISSUE_QUEUE": "https://sqs.ca-central-1.amazonaws.com/123456789012/issues",
    "MAIL_TOPIC": "arn:aws:sns:ca-central-1:123456789012:mail-events",
    "QUORUM_APPLICATION": "1",
    "STEP_UP": "off",
    "QUIET_HOURS": "20-8",
    "ORGANIZATION_NAME": "Innoweave",
    "CONTACT_EMAIL": "info@example.org",
    "PRIVACY_CONTACT": "vieprivee@example.org",
    "PERSON_IN_CHARGE_TITLE": "Direction générale",
    "LOG_LEVEL": "INFO",
    "POSTAL_ADDRESS": "1234, rue Exemple, Montréal (Québec) H2X 1Y4",
}

RITA = {
    "pk": "STAFF",
    "sk": "rita-roy",
    "kind": "staff",
    "name": "Rita Roy",
    "email": "rita.roy@example.org",
    "lang": "fr",
    "active": True,
}
SAM = {**RITA, "sk": "sam-lee", "name": "Sam Lee", "email": "sam.lee@example.org", "lang": "en"}
