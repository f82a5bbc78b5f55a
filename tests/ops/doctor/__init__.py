"""The doctor: each thing that can be wrong is seen, named, and mended by the fix that is told."""
