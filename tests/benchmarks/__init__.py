"""The benchmarks run, and what they make of numbers; no test looks at a time."""
