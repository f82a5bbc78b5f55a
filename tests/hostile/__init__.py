"""Inputs nobody should send, with the exact answer each must get; and afterwards everybody is served as before."""
