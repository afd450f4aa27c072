"""The settings of each deployment from its environment, and the values that are refused."""
