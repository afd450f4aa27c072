"""`make bench`: how fast the real parts are together, each figure beside its target and its baseline."""
