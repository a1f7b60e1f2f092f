"""One hotline call 来电, from ring to rating. One module per thing that can happen to it."""
