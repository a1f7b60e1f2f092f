"""Rules as data: workflow, categories, levels, routing, authority. Published, versioned, pinned."""
