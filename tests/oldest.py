"""Print the oldest versions that pyproject.toml allows, as pip constraints.

Only for what users install: the package's own dependencies and those of its extras.
"""

import re
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def oldest(requirement: str) -> str | None:
    """``name==version`` for a requirement with a lower bound."""
    found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([0-9.]+)", requirement)
    return f"{found[1]}=={found[2]}" if found else None


def main() -> None:
    """Print one constraint a line."""
    extras = PROJECT["optional-dependencies"].values()
    for requirement in [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]:
        if constraint := oldest(requirement):
            print(constraint)


if __name__ == "__main__":
    main()
