"""Who takes part in a run, as columns."""
