"""Personal texts open only where they were sealed, with the key file at hand."""

from __future__ import annotations

import hmac
import stat
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.fact import Sealed
from store import Store, open_store
from store.settings import Settings
from store.vault import CannotOpen, UnknownPerson, Vault, VaultError
from tests.support.database import Databases

CASE, PHONE = UUID(int=99), "138 1234 5678"


@pytest.fixture
def vault(module_store: Store) -> Vault:
    return module_store.vault


def sealed_phone(vault: Vault, person: UUID | None = None) -> Sealed:
    return vault.seal(
        PHONE,
        person=person or vault.new_person(),
        stream=CASE,
        field="phone",
        mask="138****5678",
    )


def altered(sealed: Sealed, part: str, value: str) -> Sealed:
    """The envelope with another box or commitment."""
    return replace(
        sealed,
        box=value if part == "box" else sealed.box,
        commitment=value if part == "commitment" else sealed.commitment,
    )


@hypothesis_settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(), st.uuids(), st.text(max_size=20))
def test_what_was_sealed_opens_to_the_same_text(
    module_store: Store, text: str, stream: UUID, field: str
) -> None:
    vault = module_store.vault
    person = vault.person_by_phone("13800000000")
    sealed = vault.seal(text, person=person, stream=stream, field=field, mask="*")
    assert vault.open(sealed, stream=stream, field=field) == text


def test_an_envelope_shows_its_mask_and_nothing_else(vault: Vault) -> None:
    sealed = sealed_phone(vault)
    assert sealed.mask == "138****5678"
    assert PHONE not in repr(sealed)
    assert PHONE.encode() not in b64decode(sealed.box)


def test_the_same_text_is_never_sealed_alike(vault: Vault) -> None:
    person = vault.new_person()
    assert sealed_phone(vault, person).box != sealed_phone(vault, person).box


def test_an_envelope_does_not_open_in_another_place(vault: Vault) -> None:
    sealed, stranger = sealed_phone(vault), vault.new_person()
    elsewhere = [
        (sealed, uuid4(), "phone"),
        (sealed, CASE, "address"),
        (replace(sealed, person=stranger), CASE, "phone"),
        (replace(sealed, envelope=uuid4()), CASE, "phone"),
    ]
    for moved, stream, field in elsewhere:
        with pytest.raises(CannotOpen, match=str(moved.envelope)):
            vault.open(moved, stream=stream, field=field)


def test_boxes_of_one_person_cannot_be_swapped(vault: Vault) -> None:
    person = vault.new_person()
    one, other = sealed_phone(vault, person), sealed_phone(vault, person)
    with pytest.raises(CannotOpen):
        vault.open(replace(one, box=other.box), stream=CASE, field="phone")
    swapped = replace(one, box=other.box, commitment=other.commitment)
    with pytest.raises(CannotOpen):
        vault.open(swapped, stream=CASE, field="phone")


@pytest.mark.parametrize("part", ["box", "commitment"])
def test_one_changed_bit_is_noticed(vault: Vault, part: str) -> None:
    sealed = sealed_phone(vault)
    whole = bytearray(b64decode(getattr(sealed, part)))
    for index in range(len(whole)):
        whole[index] ^= 1
        changed = altered(sealed, part, b64encode(whole).decode())
        with pytest.raises(CannotOpen):
            vault.open(changed, stream=CASE, field="phone")
        whole[index] ^= 1


@pytest.mark.parametrize("junk", ["", "%%%", "AAAA", "电话"])
def test_junk_in_an_envelope_is_a_damaged_envelope(vault: Vault, junk: str) -> None:
    sealed = sealed_phone(vault)
    for part in ("box", "commitment"):
        with pytest.raises(CannotOpen):
            vault.open(altered(sealed, part, junk), stream=CASE, field="phone")


def test_a_box_made_to_open_under_another_key_fails_its_commitment(
    vault: Vault,
) -> None:
    """Whoever holds one person's key cannot make a box that passes under the other's."""
    one, other = vault.new_person(), vault.new_person()
    forged = sealed_phone(vault, other)
    key = vault._key_of(other)
    place = b"huiyin.sealed.1" + one.bytes + CASE.bytes + forged.envelope.bytes + b"phone"
    nonce = b64decode(forged.box)[:12]
    box = nonce + AESGCM(hmac.digest(key, b"seal", "sha256")).encrypt(nonce, b"x", place)
    as_one = replace(forged, person=one, box=b64encode(box).decode())
    with pytest.raises(CannotOpen):
        vault.open(as_one, stream=CASE, field="phone")


def test_nobody_is_sealed_or_opened_without_a_key(vault: Vault) -> None:
    sealed = sealed_phone(vault)
    with pytest.raises(UnknownPerson):
        sealed_phone(vault, uuid4())
    with pytest.raises(UnknownPerson):
        vault.open(replace(sealed, person=uuid4()), stream=CASE, field="phone")


def test_one_caller_is_one_person_however_the_number_is_written(vault: Vault) -> None:
    ways = ["13912345678", "139-1234-5678", "+86 139 1234 5678", "１３９１２３４５６７８"]
    assert len({vault.person_by_phone(way) for way in ways}) == 1
    assert vault.person_by_phone("13912345679") != vault.person_by_phone(ways[0])


def test_two_who_call_at_once_under_one_number_become_one_person(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        people = set(pool.map(lambda _: vault.person_by_phone("02155550000"), range(16)))
    assert len(people) == 1


def test_another_process_opens_what_this_one_sealed(
    store: Store, dsn: str, settings: Settings
) -> None:
    sealed = sealed_phone(store.vault, store.vault.person_by_phone(PHONE))
    with open_store(dsn, settings) as other:
        assert other.vault.open(sealed, stream=CASE, field="phone") == PHONE
        assert other.vault.person_by_phone(PHONE) == sealed.person


def test_the_database_holds_neither_number_nor_any_bare_key(
    store: Store, dsn: str, settings: Settings
) -> None:
    person = store.vault.person_by_phone("+8613812345678")
    bare = store.vault._key_of(person)
    named = store.vault._keyring.key("phone-lookup")
    kek = b64decode(settings.kek_file.read_text().split()[2])
    with psycopg.connect(dsn) as owner:
        rows = [
            *owner.execute("SELECT * FROM vault.keys"),
            *owner.execute("SELECT * FROM vault.people"),
            *owner.execute("SELECT * FROM vault.lookups"),
        ]
    everything = b" ".join(
        column if isinstance(column, bytes) else str(column).encode()
        for row in rows
        for column in row
    )
    assert everything
    for secret in (b"13812345678", bare, named, kek):
        assert secret not in everything


def test_the_key_file_is_for_its_owner_only(store: Store, settings: Settings) -> None:
    store.vault.new_person()
    file = settings.kek_file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file]


def test_two_who_make_the_key_file_at_once_use_the_same(
    dsn: str, settings: Settings
) -> None:
    stores = [open_store(dsn, settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        people = list(pool.map(lambda each: each.vault.new_person(), stores))
    for person in people:
        assert stores[0].vault.open(
            sealed_phone(stores[1].vault, person), stream=CASE, field="phone"
        )
    for each in stores:
        each.close()


def test_a_missing_key_file_is_not_replaced_by_a_new_one(
    store: Store, dsn: str, settings: Settings
) -> None:
    store.vault.new_person()
    settings.kek_file.unlink()
    with open_store(dsn, settings) as later, pytest.raises(VaultError, match="is missing"):
        later.vault.new_person()
    assert not settings.kek_file.exists()


def test_a_key_file_of_another_database_does_not_fit(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    sealed = sealed_phone(store.vault)
    line = f"huiyin-kek {{}} {b64encode(bytes(32)).decode()}"
    foreign = replace(settings, kek=tmp_path / "foreign")
    assert foreign.kek is not None
    foreign.kek.write_text(line.format(1))
    other = Vault(store.pool, foreign.kek_file)
    with pytest.raises(VaultError, match="not the key file of this database"):
        other.open(sealed, stream=CASE, field="phone")
    foreign.kek.write_text(line.format(2))
    other = Vault(store.pool, foreign.kek_file)
    with pytest.raises(VaultError, match=r"epoch 1 is asked for; .* epoch 2"):
        other.open(sealed, stream=CASE, field="phone")


@pytest.mark.parametrize("text", ["", "huiyin-kek 1 AAAA", "key 1 " + "A" * 44, "电 话 机"])
def test_a_file_that_is_no_key_file_is_named(
    store: Store, settings: Settings, text: str
) -> None:
    settings.kek_file.parent.mkdir()
    settings.kek_file.write_text(text)
    with pytest.raises(VaultError, match="is not a key file"):
        store.vault.new_person()


def test_people_of_another_system_are_the_same_at_every_import(vault: Vault) -> None:
    first = vault.people_by_reference(["crm:1", "crm:2", "crm:1"])
    assert len(set(first.values())) == 2
    again = vault.people_by_reference(["crm:2", "crm:3"])
    assert again["crm:2"] == first["crm:2"]
    assert again["crm:3"] not in first.values()
    assert vault.people_by_reference([]) == {}
    assert sealed_phone(vault, first["crm:1"]).person == first["crm:1"]


def test_two_imports_of_the_same_people_do_not_get_in_each_others_way(vault: Vault) -> None:
    names = [f"erp:{n}" for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(vault.people_by_reference, [names, names[::-1]] * 2))
    assert all(each == found[0] for each in found)
    assert len(set(found[0].values())) == 200


def test_a_fingerprint_is_the_same_in_every_process_of_one_database_only(
    store: Store, dsn: str, settings: Settings, server: Databases, tmp_path: Path
) -> None:
    said = b"13812345678"
    with open_store(dsn, settings) as other_process:
        assert other_process.vault.fingerprint(said) == store.vault.fingerprint(said)
    with server.fresh() as fresh:
        elsewhere = Settings(home=tmp_path / "elsewhere", database_url=fresh)
        with open_store(fresh, elsewhere) as other_house:
            assert other_house.vault.fingerprint(said) != store.vault.fingerprint(said)
    assert store.vault.fingerprint(b"13812345679") != store.vault.fingerprint(said)
