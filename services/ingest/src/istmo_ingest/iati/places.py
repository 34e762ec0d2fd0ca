"""Where an activity happens, as IATI's `location` says it."""

from istmo_ingest.iati.cells import Placed, Text
from istmo_ingest.iati.node import Node, read_each

__all__ = ["read_location"]

_WGS84 = "4326"


def read_location(node: Node) -> Placed:
    """One location."""
    return Placed(
        node.place,
        ref=node.attribute("ref"),
        names=node.narratives_of("name"),
        description=node.narratives_of("description"),
        activity_description=node.narratives_of("activity-description"),
        reach=node.of("location-reach", "code"),
        identifiers=read_each(node.each("location-id"), _identifier, "vocabulary", "code"),
        administrative=read_each(node.each("administrative"), _area, "vocabulary", "code"),
        point=_point(node),
        exactness=node.of("exactness", "code"),
        location_class=node.of("location-class", "code"),
        feature_designation=node.of("feature-designation", "code"),
    )


def _identifier(node: Node) -> Placed:
    return Placed(node.place, vocabulary=node.attribute("vocabulary"), code=node.attribute("code"))


def _area(node: Node) -> Placed:
    return Placed(
        node.place,
        vocabulary=node.attribute("vocabulary"),
        code=node.attribute("code"),
        level=node.attribute("level"),
    )


def _point(node: Node) -> Placed | None:
    point = node.one("point")
    position = None if point is None else point.one("pos")
    cell = None if position is None else position.text()
    if point is None or not isinstance(cell, Text):
        return None
    system = point.attribute("srsName")
    if isinstance(system, Text) and not system.endswith(_WGS84):
        point.keep_out(" (@srsName is not EPSG 4326)")
        return None
    latitude, _, longitude = cell.replace(",", " ").partition(" ")
    return Placed(cell.place, latitude=Text(latitude, cell.place), longitude=Text(longitude.strip(), cell.place))
