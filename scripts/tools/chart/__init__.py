"""The command that prints charts: `scripts/chart`."""
