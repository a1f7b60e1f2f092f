"""Rules as data: workflow, categories, levels, authority. Published, versioned, pinned."""
