"""The bell in a browser, on the pages of a shop."""
