"""Names of places, their grid cells and their time zones."""
