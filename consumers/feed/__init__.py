"""From a topic to the views."""
