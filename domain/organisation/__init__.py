"""Units, posts, people, leaders and delegations, each with the time it takes effect."""
