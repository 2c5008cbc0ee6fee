"""Prints the findings on an experiment and on a run's curves, each with the settings that mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine import checks
from engine.checks import Facts, Finding, Fix
from engine.errors import ExperimentError, Mistake
from engine.experiment.model import Experiment
from engine.experiment.setting_paths import differences
from workbench.commands.output import warn
from workbench.text.command_line import set_option


def check(chosen: Experiment) -> None:
    """Refuses an experiment that cannot be trained, and prints the other findings on standard error."""
    findings = checks.before(chosen)
    errors = [
        Mistake(one.where, "; ".join([one.message, *mended(one, chosen)])) for one in findings if refused(one)
    ]
    if errors:
        raise ExperimentError(chosen.name, tuple(errors))
    for line in lines(findings, chosen):
        warn(line)


def found_in(chosen: Experiment, facts: Facts) -> list[Finding]:
    """The findings on an experiment that only its data tells; :func:`check` has printed the others."""
    known = {(one.where, one.message) for one in checks.before(chosen)}
    return [one for one in checks.before(chosen, facts) if (one.where, one.message) not in known]


def refused(finding: Finding) -> bool:
    """Whether an experiment with this finding cannot be trained."""
    return finding.level == "error"


def lines(findings: Iterable[Finding], chosen: Experiment) -> Iterator[str]:
    """The findings as lines of text: each with its level and setting, then why, then what mends it."""
    for finding in findings:
        yield f"{finding.level}: {finding.where + ': ' if finding.where else ''}{finding.message}"
        yield f"    {finding.why}"
        for line in mended(finding, chosen):
            yield f"    {line}"


def as_object(finding: Finding, chosen: Experiment, name: str) -> dict[str, str | None]:
    """A finding as JSON shows it, with what mends it by this name."""
    said = {key: getattr(finding, key) for key in ("level", "where", "message", "why")}
    return said | {name: " ".join(mended(finding, chosen)) or None}


def mended(finding: Finding, chosen: Experiment) -> Iterator[str]:
    """What mends a finding: its fix in words, and as options where options can express it."""
    if finding.fix:
        options = " ".join(_options(finding.fix, chosen))
        yield f"to {finding.fix.label}: {options}" if options else f"to mend it: {finding.fix.label}"


def _options(fix: Fix, chosen: Experiment) -> Iterator[str]:
    if len(fix.experiment.layers) == len(chosen.layers):
        for path, (_, value) in differences(chosen, fix.experiment).items():
            yield set_option(path, value)
