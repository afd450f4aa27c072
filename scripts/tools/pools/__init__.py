"""What the rule of small pools costs and what it gives away: `scripts/pools --help`."""
