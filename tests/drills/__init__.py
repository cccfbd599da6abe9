"""Fault drills: known jobs on real topics, a fault on purpose, and a count of what the database made of them.

No Django here: what is judged is what another process committed. `python -m scripts.faults` runs all of them.
"""
