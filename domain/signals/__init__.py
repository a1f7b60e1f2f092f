"""异常 Signals: what in a case tells a leader that something is not right with it."""
