"""The business: calls, cases, people, promises. Imports nothing from the other rooms."""
