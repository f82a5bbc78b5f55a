"""The head of a request under Uvicorn, whose own protocol has no bounds for it."""
