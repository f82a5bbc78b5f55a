"""What notifications and announcements are made of here."""

from __future__ import annotations

from hypothesis import strategies as st

IDENTIFIERS = st.sampled_from(["MESSAGE", "ORDER", "PROFILE"])
FIELDS = st.fixed_dictionaries(
    {"title": st.sampled_from(["Hello", "Grüße", "你好 🔔", "</script>"]), "identifier": IDENTIFIERS},
    optional={
        "description": st.sampled_from(["", "two\nlines", "x" * 900]),
        "data": st.dictionaries(st.sampled_from("ab"), st.none() | st.booleans() | st.integers(-9, 9), max_size=2),
        "priority": st.sampled_from(["low", "urgent"]),
        "action_url": st.just("/orders/7"),
        "expires_at": st.just("2999-01-01T00:00:00Z"),
        "dedupe_key": st.sampled_from(["one", "two"]),
    },
)
MESSAGE = FIELDS.map(lambda fields: {name: value for name, value in fields.items() if name != "dedupe_key"})
