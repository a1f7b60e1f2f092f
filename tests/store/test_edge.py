"""The sealing edge: what goes into the vault, under whose key, and what may be shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from domain.case.dispatch import DispatchCase
from domain.case.identify import IdentifyCustomer
from domain.case.receive import ReceiveCase
from domain.case.reply import ReplyToCase
from domain.command import ENVELOPE, Command
from domain.fact import Actor, Sealed
from store import Store
from store.edge import body_fields, command_from, mask
from tests.support.scenario import policy

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WANG = Actor(person="wang", role="agent", unit="hotline")
PHONE = "13812345678"
POWER = policy()
Said = TypeVar("Said", bound=Command)


def voiced(
    store: Store, kind: type[Said], customer: UUID | None = None, **body: object
) -> Said:
    return command_from(
        body,
        kind,
        actor=WANG,
        at=NOW,
        command_id=uuid4(),
        subject=uuid4(),
        vault=store.vault,
        topics_of=POWER.topics_of,
        customer=customer,
    )


def sealed(value: Sealed | None) -> Sealed:
    assert value is not None
    return value


def test_a_text_is_sealed_and_opens_again_for_its_case_and_field(
    module_store: Store,
) -> None:
    command = voiced(
        module_store,
        ReceiveCase,
        business_type="complaint",
        content="停电三天",
        phone=PHONE,
    )
    content = sealed(command.content)
    assert "停电" not in repr(command)
    assert PHONE not in repr(command)
    assert (
        module_store.vault.open(content, stream=command.subject, field="content")
        == "停电三天"
    )


def test_a_phone_number_names_the_customer(module_store: Store) -> None:
    first = voiced(module_store, ReceiveCase, business_type="complaint", phone=PHONE)
    again = voiced(module_store, ReceiveCase, business_type="praise", phone=PHONE)
    other = voiced(module_store, ReceiveCase, business_type="praise", phone="13900000000")
    assert first.customer == again.customer == sealed(first.phone).person
    assert other.customer not in {None, first.customer}


def test_without_a_phone_the_text_has_a_key_of_its_own(module_store: Store) -> None:
    one = voiced(module_store, ReceiveCase, business_type="complaint", content="声音")
    two = voiced(module_store, ReceiveCase, business_type="complaint", content="声音")
    assert one.customer == sealed(one.content).person
    assert one.customer != two.customer


def test_nothing_personal_makes_nobody(module_store: Store) -> None:
    command = voiced(module_store, ReceiveCase, business_type="complaint", anonymous=True)
    assert command.customer is None


def test_what_is_said_of_a_known_customer_is_sealed_under_their_key(
    module_store: Store,
) -> None:
    customer = module_store.vault.person_by_phone(PHONE)
    reply = voiced(
        module_store,
        ReplyToCase,
        customer,
        cause="跳闸",
        measures="更换",
        answer="已解释",
        responsibility="own",
    )
    assert {reply.cause.person, reply.measures.person, reply.answer.person} == {customer}


def test_a_name_alone_stays_with_the_known_customer(module_store: Store) -> None:
    customer = module_store.vault.new_person()
    command = voiced(module_store, IdentifyCustomer, customer, name="王小明")
    assert command.customer == sealed(command.name).person == customer


def test_a_new_phone_number_wins_over_the_known_customer(module_store: Store) -> None:
    customer = module_store.vault.new_person()
    command = voiced(module_store, IdentifyCustomer, customer, name="王小明", phone=PHONE)
    assert command.customer == module_store.vault.person_by_phone(PHONE) != customer


def test_a_command_without_personal_fields_passes_as_it_is(module_store: Store) -> None:
    command = voiced(module_store, DispatchCase, unit="songshan", reason=None)
    assert (command.unit, command.actor, command.at) == ("songshan", WANG, NOW)


def test_a_case_correlates_with_the_call_it_came_from(module_store: Store) -> None:
    call = uuid4()
    command = voiced(module_store, ReceiveCase, business_type="enquiry", call_id=call)
    assert command.correlation_id == call


def test_the_edge_offers_neither_the_envelope_nor_the_customer() -> None:
    offered = set(body_fields(ReceiveCase))
    assert "phone" in offered
    assert offered.isdisjoint(ENVELOPE | {"customer", "topics"})


def test_what_a_text_is_about_is_told_by_codes_and_no_word_of_it_goes_on(
    module_store: Store,
) -> None:
    said = "王小明家又停电, 电表烧了"
    command = voiced(module_store, ReceiveCase, business_type="complaint", content=said)
    assert command.topics == ("outage", "meter_damage")
    assert not any(word in repr(command) for word in ("王小明", "停电", "电表"))


def test_only_what_the_customer_wants_of_us_is_read_for_topics(module_store: Store) -> None:
    silent = voiced(module_store, ReceiveCase, business_type="complaint", wish="不再停电")
    assert silent.topics == ()
    blank = voiced(module_store, ReceiveCase, business_type="complaint", content=None)
    assert blank.topics == ()


@pytest.mark.parametrize(
    ("field", "text", "shown"),
    [
        ("name", "王小明", "王**"),
        ("name", "A", "A**"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "+86 138 1234 5678", "138****5678"),
        ("phone", "0086-138-1234-5678", "138****5678"),
        ("phone", "95598", "****98"),
        ("phone", "12345678", "****78"),
        ("content", "停电三天", "[4]"),
    ],
)
def test_a_mask_shows_no_more_than_it_must(field: str, text: str, shown: str) -> None:
    assert mask(field, text) == shown
