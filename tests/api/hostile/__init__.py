"""What nobody should send, and the exact answer it gets."""
