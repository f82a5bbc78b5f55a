"""The tests, by room; ``CONTRIBUTING.md`` says how to run them."""
