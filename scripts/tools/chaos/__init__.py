"""Turmoil on purpose: workers and Postgres killed, bells doubled, lost, late and forged, clocks wrong.

stage.py        a throwaway stack with members, and workers whose every call passes a gate
  fleet.py      the workers: the real deployment, each a process of its own that can be killed
  gate.py       between one worker and the data API: where a named point of its work is seen, and hit
  switchboard.py  between pg_net and the workers: where bells are doubled, lost, late and forged
members.py      people who join, change, pause, answer and go meanwhile
journal.py      what was acknowledged to them; books.py: to the workers, as the gates saw it
watch.py        the queue's own record of what became of it
kills.py crashes.py bells.py clocks.py   the phases
invariants.py   what must hold after each of them
report.py       the figures at the end
"""
