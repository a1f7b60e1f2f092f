"""History from other systems: read a log, map its columns, witness what it says."""
