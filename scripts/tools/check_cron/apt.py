"""What this machine's apt is configured with: where Debian comes from, and how the network is reached.

apt itself is asked, so every format and place of its configuration counts.
"""

import re
import subprocess
from collections.abc import Sequence

_INDEX = re.compile(r"'(\S+?)/+dists/([a-z]+)/main/binary-[^/]+/Packages\S*'")
_NETWORK = re.compile(r"Acquire::(https?|Retries|ForceIPv[46]|Check-Date|Check-Valid-Until)\b.*;")


def mirrors(options: Sequence[str] = ()) -> list[str]:
    """The addresses of archives that may hold any release of Debian, each once, in apt's order.

    Those of updates, of security and of single programs name their suites otherwise (`bookworm-security`) or
    have no component `main`; one that slips through is refused by its signature. Empty without apt.
    `options` are further words for apt.
    """
    listed = _asked("apt-get", *options, "update", "--print-uris")
    return list(dict.fromkeys(match[1] for match in map(_INDEX.match, listed) if match))


def network_settings(options: Sequence[str] = ()) -> list[str]:
    """The lines of apt's configuration about proxies, retries and clocks."""
    return [line for line in _asked("apt-config", *options, "dump") if _NETWORK.fullmatch(line)]


def _asked(*command: str) -> list[str]:
    try:
        told = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return told.stdout.splitlines()
