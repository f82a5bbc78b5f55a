"""REST from the outside: requests through every middleware, in the test's own process."""
