"""What the environment of each deployment says, and which values are refused."""
