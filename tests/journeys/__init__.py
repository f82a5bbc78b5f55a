"""Real servers, real sockets, and what happens to both."""
