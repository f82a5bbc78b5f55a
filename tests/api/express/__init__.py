"""The express lane beside Django: the same answers, and what is its own."""
