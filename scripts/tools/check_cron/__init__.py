"""Checks what the local stack can only imitate: Postgres 17 with the real pg_cron, from Debian's packages.

apt.py        where this machine's own apt fetches Debian from
root.py       a root file system with the packages, made once and kept
enter.py      a program inside it
cluster.py    the stack's database cluster inside it
examine.py    everything that is checked, in order; contract.py and ring.py hold the longer parts
"""
