"""Is what an exact state claims true? Files of states, and a checker that owes nothing to the solver."""
