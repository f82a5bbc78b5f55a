"""The promise of the engine: whatever happens, every way to an inbox shows the same inbox."""
