"""The coaches of the network: their record, their editions, messages to them, and their upkeep."""
