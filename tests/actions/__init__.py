"""The verbs over tables or a policy."""
