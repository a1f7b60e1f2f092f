"""The sample day: an invented company, invented people and customers, real commands."""
