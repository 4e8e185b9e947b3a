"""The schemas of a Type, put together: the official rules, and those that the app's Types bring."""

from __future__ import annotations

from typing import cast

from ..catalog import SCHEMA_FILE, Catalog
from ..definition import Definition
from ..jsonsource import read_json
from ..schemas import app_schema, has_schema, schema_for

APP = "app"


def own_schemas(catalog: Catalog, definition: Definition) -> list[dict[str, object]]:
    """The schema.json files of the Types above an element, nearest first."""
    files = [link.folder / SCHEMA_FILE for link in catalog.chain(definition)]
    return [read_json(file).value for file in files if file.is_file()]


def whole_schema(type_name: str, catalog: Catalog | None = None) -> dict[str, object] | None:
    """The schema that elements of a Type follow; None for a Type that nobody knows. "app": that of app.json."""
    if type_name == APP:
        return app_schema()
    if has_schema(type_name):
        return schema_for(type_name)
    definition = catalog.find(type_name) if catalog else None
    if catalog is None or definition is None:
        return None
    chain = [definition, *catalog.chain(definition)]
    base = next((link.full_name for link in chain if has_schema(link.full_name)), type_name)
    schema = schema_for(base)
    own = [_own(link) for link in chain if (link.folder / SCHEMA_FILE).is_file()]
    rules = cast("list[object]", schema.get("allOf", []))
    return {**schema, "title": f"e.json: {definition.title}", "allOf": [*rules, *own]}


def _own(definition: Definition) -> dict[str, object]:
    """The schema.json of a Type, with an id: without one its references would lead into the schema around."""
    return {
        "$id": f"urn:{definition.layer.id}:{definition.full_name}",
        **read_json(definition.folder / SCHEMA_FILE).value,
    }
