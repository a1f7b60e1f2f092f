"""告警 Alert: what was noticed across cases, who was told, and what came of it."""
