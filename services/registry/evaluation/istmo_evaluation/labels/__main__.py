"""`make labels`: expands the sources of the labelled set into its two committed files."""

from istmo_evaluation.labels.labelled import write_labelled

write_labelled()
