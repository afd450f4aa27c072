"""Where: names of places, their cells and their time zones."""
