"""One hotline call 来电, from ring to rating. One module a thing that can happen."""
