"""What a record of the directory of organisations may say."""

import pytest
from pydantic import ValidationError

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
