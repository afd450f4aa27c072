"""How well two members fit, part by part, and why."""
