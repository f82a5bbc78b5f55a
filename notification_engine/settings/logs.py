"""What servers log of bad input."""

from __future__ import annotations

import logging


def bad_input_in_one_line(record: logging.LogRecord) -> bool:
    """Uvicorn logs a text frame that is not UTF-8 with a traceback, as if the service had failed; a line is enough."""
    if record.msg == "Invalid UTF-8 sequence received from client.":
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return True
