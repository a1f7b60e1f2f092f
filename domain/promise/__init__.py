"""承诺 Promises: what is due when, and who is told when it is not kept."""
