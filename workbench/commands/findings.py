"""Prints the findings on an experiment and on a run's curves, each with the settings that fix it."""

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
    """Raise ExperimentError for an experiment that cannot be trained; print other findings on standard error."""
    findings = checks.before(chosen)
    errors = [
        Mistake(one.where, "; ".join([one.message, *fix_lines(one, chosen)])) for one in findings if refused(one)
    ]
    if errors:
        raise ExperimentError(chosen.name, tuple(errors))
    for line in lines(findings, chosen):
        warn(line)


def found_in(chosen: Experiment, facts: Facts) -> list[Finding]:
    """Return the findings that only the experiment's data can give; :func:`check` has printed the others."""
    known = {(one.where, one.message) for one in checks.before(chosen)}
    return [one for one in checks.before(chosen, facts) if (one.where, one.message) not in known]


def refused(finding: Finding) -> bool:
    """Return whether an experiment with this finding cannot be trained."""
    return finding.level == "error"


def lines(findings: Iterable[Finding], chosen: Experiment) -> Iterator[str]:
    """Format findings as lines of text: level, setting and message, then the reason, then the fix."""
    for finding in findings:
        yield f"{finding.level}: {finding.where + ': ' if finding.where else ''}{finding.message}"
        yield f"    {finding.why}"
        for line in fix_lines(finding, chosen):
            yield f"    {line}"


def as_object(finding: Finding, chosen: Experiment, name: str) -> dict[str, str | None]:
    """Return a finding as a JSON object, with its fix under the key ``name``."""
    said = {key: getattr(finding, key) for key in ("level", "where", "message", "why")}
    return said | {name: " ".join(fix_lines(finding, chosen)) or None}


def fix_lines(finding: Finding, chosen: Experiment) -> Iterator[str]:
    """Yield a finding's fix: its label, and the options that apply it if options can express it."""
    if finding.fix:
        options = " ".join(_options(finding.fix, chosen))
        yield f"to {finding.fix.label}: {options}" if options else f"to fix it: {finding.fix.label}"


def _options(fix: Fix, chosen: Experiment) -> Iterator[str]:
    if len(fix.experiment.layers) == len(chosen.layers):
        for path, (_, value) in differences(chosen, fix.experiment).items():
            yield set_option(path, value)
