"""The id of a case with a name elsewhere: one a matter, and the same for ever."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.case.origin import received_case_id, witnessed_case_id

SOURCES = st.text(min_size=1).filter(lambda text: ":" not in text)


def test_the_ids_are_those_that_stand_in_logs_already() -> None:
    assert received_case_id("12345", "GD-7") == UUID("d54646fa-b675-5ced-b773-44d267ad915b")
    assert witnessed_case_id("12345", "GD-7") == UUID(
        "495f3a12-ef4f-56f1-853d-ab79b755ff84"
    )


@given(SOURCES, st.text(), SOURCES, st.text())
def test_two_matters_never_have_one_id(
    source: str, source_id: str, other: str, other_id: str
) -> None:
    one, two = (received_case_id(source, source_id), received_case_id(other, other_id))
    assert (one == two) == ((source, source_id) == (other, other_id))
    assert one != witnessed_case_id(source, source_id)
