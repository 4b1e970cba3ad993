"""The JSON Schema of `[output]`'s keys about the record's files; site_store.py is the truth."""

from __future__ import annotations

from enforcer.model.store_limits import AGE, SIZE, StoreLimits
from enforcer.policy.schema_values import Schema, any_text


def limits_schema() -> dict[str, Schema]:
    plain = StoreLimits()
    large = "The store's file is closed when as large, like `1 GiB`, and another begun. Empty: never for its size."
    old = "The same when its first record is as old, like `30d`. Empty: never for its age."
    keep = "Closed files whose last record is older are deleted, like `400d`. Empty: none for its age."
    total = "The oldest closed files are deleted while all are larger, like `20 GiB`. Empty: none for its size."
    return {
        "rotate_size": _of(SIZE.pattern, large, plain.rotate_size),
        "rotate_age": _of(AGE.pattern, old, plain.rotate_age),
        "keep": _of(AGE.pattern, keep, plain.keep),
        "keep_size": _of(SIZE.pattern, total, plain.keep_size),
    }


def _of(pattern: str, what: str, default: str) -> Schema:
    return {**any_text(what, default), "pattern": f"^(?:{pattern})?$"}
