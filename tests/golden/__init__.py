"""One stored fact of every type there ever was: what must be readable for ever."""
