"""The client: its algorithm against a simulated inbox, its socket against a scripted server."""
