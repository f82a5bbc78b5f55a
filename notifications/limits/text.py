"""What people read: one line of title, many of description."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from .numbers import DESCRIPTION_MAX, TITLE_MAX
from .strings import check_length, clean_text

# Category Cc is exactly U+0000 to 001F and U+007F to 009F; surrogates cannot be stored.
_NOT_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean_title(value: object) -> str:
    title = clean_text(value).strip()
    if not title:
        raise ValidationError("Must not be blank.", code="blank")
    check_length(title, TITLE_MAX)
    if _NOT_IN_LINE.search(title):
        raise ValidationError("Must be one line without control characters.", code="invalid")
    return title


def clean_description(value: object) -> str:
    description = clean_text(value)
    check_length(description, DESCRIPTION_MAX)
    if _NOT_IN_TEXT.search(description):
        raise ValidationError("Must not hold control characters other than \\n and \\t.", code="invalid")
    return description
