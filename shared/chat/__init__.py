"""Messages: how they are sealed, and how they are judged before."""
