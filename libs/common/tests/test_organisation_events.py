"""What a record of the directory of organisations may say."""

import pytest
from pydantic import ValidationError

from istmo_common.events.organisation_merges import OrganisationMerged, OrganisationMergeUndone
from istmo_common.events.organisations import OrganisationChanged

RECORD = {
    "id": "policia-hn",
    "version": 1,
    "names": {"es": "Policía Nacional", "en": "National Police"},
    "kind": "isthmus-government",
    "identifiers": ["HN-PN", "HN-GOV-9"],
}


def test_record_round_trip() -> None:
    """A record says the same after it has travelled as JSON."""
    record = OrganisationChanged.model_validate(RECORD)
    assert record == OrganisationChanged.model_validate_json(record.model_dump_json())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "bank"}, "partner_kind"),
        ({"identifiers": ["HN-PN", "HN-PN"]}, "listed_twice"),
        ({"family": "policia-hn"}, "own_family"),
        ({"version": 0}, "greater_than_equal"),
        ({"colour": "blue"}, "extra_forbidden"),
    ],
)
def test_record_refusals(change: dict[str, object], reason: str) -> None:
    """A record that would confuse the directory is refused with its reason."""
    with pytest.raises(ValidationError) as caught:
        OrganisationChanged.model_validate(RECORD | change)
    assert [reason] == [error["type"] for error in caught.value.errors()]


MERGE = {"kept": "policia-hn", "merged": "policia-nacional", "author": "desk"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"merged": "policia-hn"}, "own_merge"),
        ({"reason": "One police"}, "unmarked_reason"),
        ({"reason": "One police", "marking": {"tlp": "PINK"}}, "enum"),
        ({"undoes": "m-1"}, "extra_forbidden"),
    ],
)
def test_merge_refusals(change: dict[str, object], reason: str) -> None:
    """A merge of a record with itself is refused, and a reason of which nobody says who may read it."""
    with pytest.raises(ValidationError) as caught:
        OrganisationMerged.model_validate(MERGE | change)
    assert [reason] == [error["type"] for error in caught.value.errors()]


def test_an_undo_names_its_merge() -> None:
    """An undo says which merge it takes back, by the id of its event, and why."""
    undo = {**MERGE, "undoes": "m-1", "reason": "Two after all", "marking": {"tlp": "AMBER"}}
    assert "m-1" == OrganisationMergeUndone.model_validate(undo).undoes
    with pytest.raises(ValidationError):
        OrganisationMergeUndone.model_validate(MERGE)
