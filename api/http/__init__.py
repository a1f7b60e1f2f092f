"""HTTP: the desk and the views over the wire."""
