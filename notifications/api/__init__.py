"""REST: one viewset per noun; each method says who is asking, what is wanted, and calls one verb."""
