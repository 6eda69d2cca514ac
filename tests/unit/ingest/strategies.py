"""What the property tests draw from, and what every reader must keep."""

from __future__ import annotations

import string

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

anything = st.text(st.characters(exclude_categories=[]), max_size=400)
prose = st.text(string.ascii_letters + "äöüß ,'", min_size=1, max_size=200).filter(lambda text: text.strip(" ,'"))
header_characters = st.text("ab@.<>\"'(),;:\\ \t=?éü\r\n", max_size=60)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), anything),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["message", "data", "emailAddress", "historyId"]), inner),
    ),
    max_leaves=8,
)


def storable(*texts: str) -> None:
    """PostgreSQL refuses NUL in text, and UTF-8 a lone surrogate."""
    for text in texts:
        assert "\x00" not in text
        text.encode()
