"""Which version of the project this is, told to whom the functions send requests."""

VERSION = "0.1.0"
USER_AGENT = f"connect/{VERSION}"
