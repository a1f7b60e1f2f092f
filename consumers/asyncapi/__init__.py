"""The topics as a document for other systems."""
