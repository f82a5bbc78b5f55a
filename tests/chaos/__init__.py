"""The proof: servers, writers and devices under faults, and a judge of what came of it. ``make chaos`` runs it."""
