"""The letters of the newsletter: confirmations, approvals, pauses."""
