"""JSON Schemas of all files that people write, for editors. They know the shape of each file by itself.

Faults that lie between keys or files (an id that nothing bears, phases out of order) are found by loading only.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from enforcer.policy.schema_ban import ban_schema
from enforcer.policy.schema_bypass import bypass_file_schema
from enforcer.policy.schema_cases import cases_schema
from enforcer.policy.schema_site import site_schema
from enforcer.policy.schema_values import Schema, any_text, open_table, table, text
from enforcer.policy.schema_vendor import vendor_schema

FOLDER = "schemas"
"""Within a policy set."""


def subjects_schema() -> Schema:
    subject = table(
        "A word for `subjects` in ban and site files.",
        required={"title": text("Who that is.")},
        optional={"note": any_text("What else the next reader should know.")},
    )
    return table("Who a ban can bind or protect: the closed list.", {}, {"subject": open_table("By word.", subject)})


NOUNS: dict[str, Callable[[], Schema]] = {
    "vendor": vendor_schema,
    "ban": ban_schema,
    "site": site_schema,
    "cases": cases_schema,
    "subjects": subjects_schema,
    "bypass": bypass_file_schema,
}


def schema(noun: str) -> Schema:
    """The schema of one of NOUNS, in draft 7."""
    draft = "http://json-schema.org/draft-07/schema#"
    return {"$schema": draft, "title": f"{noun.capitalize()} file of the egress enforcer", **NOUNS[noun]()}


def schema_text(noun: str) -> str:
    """As it is shipped, in `file_name(noun)`."""
    return json.dumps(schema(noun), indent=1, ensure_ascii=False) + "\n"


def file_name(noun: str) -> str:
    return f"{noun}.schema.json"
