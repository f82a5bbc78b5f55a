"""The shapes seen outside: equal to the golden examples, and strict about what comes in."""
