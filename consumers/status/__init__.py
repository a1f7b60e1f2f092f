"""How it goes with Kafka, and what is wrong."""
