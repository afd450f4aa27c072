"""The version of the project: in `User-Agent`, both OpenAPI documents, pyproject.toml and CHANGELOG.md."""

VERSION = "0.1.0"
USER_AGENT = f"connect/{VERSION}"
