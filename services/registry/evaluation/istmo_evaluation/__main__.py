"""`make evaluate`: prints how good the matching is, on the project's test split and, where given, on real awards."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from istmo_evaluation import matching, report
from istmo_evaluation.comparing import Baselines, figures
from istmo_evaluation.labels.labelled import read_labelled
from istmo_evaluation.near_duplicates import near_duplicates
from istmo_evaluation.truth import Truth, masked, of_labels, of_real_awards
from istmo_registry.domain.parameters import PARAMETERS

_NEAR: Final = 80.0


def main() -> None:
    """Print the whole evaluation; deterministic, some half a minute, all of it in this process."""
    labelled = read_labelled()
    training = of_labels(labelled, "train")
    baselines = Baselines(training)
    _tell([f"Matching {PARAMETERS.version}; baselines tuned on {len(training.pairs)} training pairs."])
    evaluate("Test split of the labelled set", of_labels(labelled, "test"), baselines)
    real = os.environ.get("ISTMO_REAL_DATA")
    if real:
        evaluate("Real awards of US agencies", of_real_awards(Path(real)), baselines)
    else:
        _tell(["", "Real awards: left out, ISTMO_REAL_DATA names no folder."])
    near = list(near_duplicates(labelled, _NEAR))
    _tell(["", f"Near-duplicates across the splits (likeness {_NEAR:.0f} and more): {len(near)}"])
    _tell(f"    {likeness:.0f}  {one.activity}  {other.activity}" for likeness, (one, other) in near)


def evaluate(name: str, truth: Truth, baselines: Baselines) -> None:
    """Print one truth: the comparison, then the platform's figures with identifiers visible and masked."""
    known = f"{len(truth.pairs)} judged pairs of {len(truth.members)} activities, corpus {len(truth.corpus)}"
    _tell(["", f"== {name}: {known}", ""])
    hidden = masked(truth)
    visible_judged, hidden_judged = matching.judge(truth.corpus), matching.judge(hidden.corpus)
    rows = [("platform, ids visible", figures(truth, visible_judged))]
    rows.append(("platform, ids masked", figures(hidden, hidden_judged)))
    rows += [(told, figures(truth, judged)) for told, judged in baselines.judge(truth.corpus)]
    _tell(report.comparison_lines(rows))
    for kind, one, judged in (("visible", truth, visible_judged), ("masked", hidden, hidden_judged)):
        _tell(["", f"-- identifiers {kind}; {report.blocking_line(one, judged)}"])
        _tell(report.verdict_lines(one, judged))
        _tell(["", *report.confusion_lines(one, judged)])
        errors = report.worst(one, judged)
        _tell(["", f"the {len(errors)} worst errors:", *report.error_lines(one, errors)])


def _tell(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main()
