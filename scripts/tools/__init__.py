"""What the launchers in `scripts` start, each under its launcher's name."""
