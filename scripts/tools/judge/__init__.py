"""How well messages are judged, on sentences whose judgement is known: `scripts/judge`."""
