"""The way to the brokers: clients, topics, membership, and what to do when they fail."""
