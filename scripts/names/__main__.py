"""Writes the tables of names: `scripts/python -m scripts.names`, after a package they are made of changed."""

from __future__ import annotations

from scripts.names import zone_names


def main() -> None:
    """Write every table."""
    zone_names.TABLE.write_text(zone_names.table(), encoding="utf-8")
    zone_names.POLICY.write_text(zone_names.policy(), encoding="utf-8")


if __name__ == "__main__":
    main()
