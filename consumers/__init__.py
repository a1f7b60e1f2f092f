"""Followers of the log: host the folds, keep time, speak Kafka."""
