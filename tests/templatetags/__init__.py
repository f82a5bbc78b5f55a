"""The bell in a Django template."""
