"""Organisations that a new directory begins with: a few donors and agencies under their public identifiers."""

import json
from importlib.resources import files

from istmo_common.events.organisations import OrganisationChanged

__all__ = ["known_organisations"]


def known_organisations() -> tuple[OrganisationChanged, ...]:
    """Their records, as committed in `known_organisations.json`."""
    text = files(__package__).joinpath("known_organisations.json").read_text(encoding="utf-8")
    return tuple(OrganisationChanged.model_validate({**stated, "version": 1}) for stated in json.loads(text))
