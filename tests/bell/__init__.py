"""The bell without a page: its headless client in Node, its file and its languages."""
