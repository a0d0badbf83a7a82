"""The hashes of names are those by which the committed splits and the caches were drawn."""

import hashlib

from dataset.stable_hash import ALL_BITS, stable_hash


def test_a_number_begins_as_the_digest_of_its_name_does():
    assert hashlib.sha256(b"a.jpg").hexdigest().startswith("509b0d46")
    assert stable_hash("a.jpg") == 0x509B0D46
    assert stable_hash("a.jpg", 8) == 0x50
    assert stable_hash("a.jpg", 64) >> 32 == 0x509B0D46


def test_names_are_ordered_as_their_digests_are():
    names = [f"{number}.jpg" for number in range(100)]
    by_digest = sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert sorted(names, key=lambda name: stable_hash(name, ALL_BITS)) == by_digest
