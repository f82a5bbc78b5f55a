"""What the clock runs: shallow, one verb each."""
