"""The base class of an application's services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jit.errcode import Code
from services.Meta import BaseService

__all__ = ["API_PARAMS_ERROR", "NO_SUCH_FUNCTION", "NormalService"]

NO_SUCH_FUNCTION = Code(40400, "{service} offers no function {function}; declare it in the functionList of its e.json")
API_PARAMS_ERROR = Code(40001, "{service}.{function} knows no parameter {names}; it declares: {declared}")


class NormalService(BaseService):
    """A service whose declared functions can also be asked for by requests."""

    def requestHandle(self, request: Any) -> Any:
        """Call the function that the last part of `request.path` names, with `request.argsDict` as its arguments.

        Only functions of `functionList` can be reached; an undeclared parameter is an API_PARAMS_ERROR.
        """
        name = str(request.path).rstrip("/").rpartition("/")[2]
        declaration = self._declared(name)
        arguments = dict(request.argsDict or {})
        self._refuseUnknown(declaration, arguments)
        return getattr(self, name)(**arguments)

    def _declared(self, name: str) -> Mapping[str, Any]:
        declaration = self.__functionList__.get(name)
        if declaration is None or not callable(getattr(self, name, None)):
            raise NO_SUCH_FUNCTION.formatReason(service=self.__fullName__, function=name)
        return declaration

    def _refuseUnknown(self, declaration: Mapping[str, Any], arguments: Mapping[str, object]) -> None:
        declared = [argument["name"] for argument in declaration.get("args") or ()]
        unknown = [name for name in arguments if name not in declared]
        if unknown:
            raise API_PARAMS_ERROR.formatReason(
                service=self.__fullName__,
                function=declaration["name"],
                names=", ".join(unknown),
                declared=", ".join(declared) or "none",
            )
