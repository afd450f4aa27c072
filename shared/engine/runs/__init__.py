"""A whole run: lists, proposals, what is told of it, and how it is made again."""
