"""How well the learned model does on outcomes that stand in a file: `scripts/evaluate`."""
