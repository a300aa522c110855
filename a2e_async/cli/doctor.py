"""``a2e doctor``: what is wrong with this machine, its network, its settings or the account."""

from __future__ import annotations

from a2e_async.cli.output import print_finding, print_json
from a2e_async.cli.wording import for_shell
from a2e_async.doctor import examine

__all__ = ["show"]


async def show(*, token: str | None, base_url: str | None, journal: str | None, json: bool) -> int:
    """Print a line for each check: its sign, its name, what was found, and what to do about it.

    Returns:
        The exit code: 1 if a check has failed, else 0.
    """
    findings = await examine(token=token, base_url=base_url, journal=journal)
    for finding in findings:
        if json:
            print_json(finding)
        else:
            text = for_shell(finding.text)
            if finding.advice is not None and text == finding.text:  # else it says what to do
                text += f"; {finding.advice}"
            print_finding(finding.status, finding.check, text)
    return 1 if any(finding.status == "fail" for finding in findings) else 0
