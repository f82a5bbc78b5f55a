"""Benchmarks that anyone can run: ``python -m benchmarks --list``. They print tables and never judge a time.

The server under test has one core for itself; the load generator, the database and Redis share the other. Beside the
engine every benchmark measures, in the same interleaved run, the application in ``benchmarks/baseline`` where that can
do the same, and where it matters the engine without its express lane, and the database by itself.

A benchmark is a file in ``benchmarks/measures`` with ``TITLE`` and ``measure(trial)``; it notes figures in the trial.
"""
