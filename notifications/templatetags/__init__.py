"""What a Django template may load."""
