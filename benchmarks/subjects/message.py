"""The message that every benchmark sends."""

DESCRIPTION = "This is a new message from John Doe"
