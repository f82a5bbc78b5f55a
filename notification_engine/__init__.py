"""The service around the ``notifications`` app: settings, URLs, how requests are run, the log-in, the start page."""
