"""Kafka brokers on this machine, for tests and for a look; `scripts/kafka` is the door."""
