"""IATI 2.01 to 2.03 activity files, read element by element into payloads of `activity.reported`."""

from istmo_ingest.iati.reader import ReadActivity, read_activities
from istmo_ingest.iati.refusals import Refusal
from istmo_ingest.iati.splits import ExceedingSplit
from istmo_ingest.iati.stream import UnreadableFile, check_beginning
from istmo_ingest.iati.summary import FileSummary

__all__ = [
    "ExceedingSplit",
    "FileSummary",
    "ReadActivity",
    "Refusal",
    "UnreadableFile",
    "check_beginning",
    "read_activities",
]
