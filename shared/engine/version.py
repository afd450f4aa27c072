"""The engine's version: runs of one version answer the same pool alike.

It is a hash of the configuration, of the tables that stand beside their formulas, of the chart's own version
and of `FORMULA_REVISION`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache

from shared.engine.charts import chart_version
from shared.engine.configuration import CONFIGURATION, FORMULA_REVISION, Configuration
from shared.engine.features import composite, synastry
from shared.engine.scoring import labels


@cache
def engine_version() -> str:
    """Twelve hexadecimal digits that change with any weight, constant, table, label or formula revision."""
    return version_of(
        CONFIGURATION,
        {
            "labels": labels.TABLES,
            "synastry": synastry.TABLES,
            "composite": composite.TABLES,
            "charts": chart_version(),
        },
    )


def version_of(
    configuration: Configuration, tables: Mapping[str, object], revision: int = FORMULA_REVISION
) -> str:
    """The version of these choices and tables (JSON-able, mappings nested in mappings)."""
    content = {"configuration": asdict(configuration), "tables": tables, "revision": revision}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
