"""The rules beyond the schemas, each with the sentence that `check` shows."""

from __future__ import annotations

RULES: dict[str, str] = {
    "syntax": "a file of the app is Python that compiles",
    "function": "a function that is named exists, is public, and is defined by an instance element of a layer itself",
    "arguments": "the arguments fit the parameters of the function",
    "declared": "functionList declares what the class of the service defines",
    "never": "an enabled task has at least one run ahead of it",
    "time": "a rule, a zone and an offset mean something",
    "model": "a model that is named exists",
    "field": "a field that is named exists in the model, and fits what it is used for",
    "filter": "a filter is a Q expression over fields of the model",
    "override": "the nearest layer that has a name wins; what it hides stays reachable under the id of its layer",
    "unused": "a function is called by an element, by other code, or not needed",
    "clash": "a name means one thing",
}
