"""Part of `make check`: schemas are sound, relative links in the docs lead somewhere, the layout is in order."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    problems = [*broken_links(), *unsound_schemas()]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def broken_links() -> Iterator[str]:
    """Relative links of README, CHANGELOG and docs/ that lead nowhere."""
    for page in (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))):
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
            for target in LINK.findall(line):
                if "://" not in target and not (page.parent / target).exists():
                    yield f"{page.relative_to(ROOT)}:{number}: the link to {target} leads nowhere"


def unsound_schemas() -> Iterator[str]:
    """Schemas that are no JSON Schema of draft 2020-12, or say nothing to the reader of an editor."""
    for file in sorted(ROOT.glob("schemas/*.schema.json")):
        schema = json.loads(file.read_text(encoding="utf-8"))
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            yield f"{file.relative_to(ROOT)}: {error.json_path}: {error.message}"
        if not {"$schema", "title", "description"} <= schema.keys():
            yield f"{file.relative_to(ROOT)}: a schema needs $schema, title and description"


if __name__ == "__main__":
    sys.exit(main())
