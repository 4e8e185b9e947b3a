"""The import system of an open app, rule by rule."""

from __future__ import annotations

import builtins
import importlib
import sys
import types

import pytest

from jitai_tasks import AppError, ElementBroken, open_app
from jitai_tasks.testing import APP_JSON, write_files

META = {"title": "Robots", "type": ""}
TYPE = {"title": "Chat robot", "type": "robots.Meta"}
BOB = {"title": "Bob", "type": "robots.ChatType"}
FAMILY = {
    "robots/Meta/e.json": META,
    "robots/ChatType/e.json": TYPE,
    "robots/ChatType/__init__.py": "ORIGIN = 'far'\n",
    "robots/ChatType/speech.py": "def greet():\n    return 'hello'\n",
    "robots/Bob/e.json": BOB,
}


def parent_and_child(tmp_path, parent_files, child_files):
    """Two apps, the second extending the first; answers the folder of the second."""
    write_files(tmp_path / "Base", {"app.json": {**APP_JSON, "appId": "org.Base"}, **parent_files})
    extends = [{"appId": "org.Base", "version": "1.0.0"}]
    return write_files(
        tmp_path / "Child", {"app.json": {**APP_JSON, "appId": "org.Child", "extends": extends}, **child_files}
    )


def test_elements_are_imported_by_their_full_names(app_from):
    app_from(FAMILY)
    from robots.ChatType import ORIGIN
    from robots.ChatType.speech import greet

    assert (ORIGIN, greet()) == ("far", "hello")


def test_closing_takes_the_finder_and_all_modules_away(tmp_path):
    finders = list(sys.meta_path)
    with open_app(write_files(tmp_path, {"app.json": APP_JSON, **FAMILY})):
        import official.services
        import robots.ChatType.speech

        assert isinstance(robots.ChatType.speech, types.ModuleType)
        assert isinstance(official.services, types.ModuleType)
    assert sys.meta_path == finders
    assert not [name for name in sys.modules if name.split(".")[0] in ("robots", "official", "tasks", "jit")]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("robots.ChatType")


def test_an_official_module_is_one_module_under_both_names(app_from):
    app_from()
    import jit.errcode
    import official.jit.errcode
    import official.services.Meta
    import official.services.Meta.service
    import services.Meta
    import services.Meta.service

    assert official.services.Meta is services.Meta
    assert official.services.Meta.service is services.Meta.service
    assert official.jit.errcode is jit.errcode
    assert services.Meta.__spec__.name == services.Meta.__name__ == "services.Meta"


def test_the_second_name_may_be_imported_first(app_from):
    app_from()
    from official.services.Meta.service import BaseService
    from services.Meta import BaseService as Same

    assert BaseService is Same
    assert BaseService.__module__ == "services.Meta.service"


def test_an_override_inherits_from_what_it_overrides(app_from):
    app = app_from(
        {
            "services/NormalType/e.json": {"title": "Audited", "type": "services.Meta"},
            "services/NormalType/__init__.py": """
            from official.services.NormalType import Loader as OfficialLoader, NormalService as OfficialService
            class NormalService(OfficialService):
                audited = True
            class Loader(OfficialLoader):
                serviceClass = NormalService
        """,
            "services/Plain/e.json": {"title": "Plain", "type": "services.NormalType"},
        }
    )
    assert app.getElement("services.Plain").audited
    import official.services.NormalType
    import services.NormalType

    assert official.services.NormalType is not services.NormalType
    assert issubclass(services.NormalType.NormalService, official.services.NormalType.NormalService)
    assert app.catalog.shadowed["services.NormalType"][0].layer.id == "official"


def test_the_unit_of_an_override_is_the_folder(tmp_path):
    child = parent_and_child(tmp_path, FAMILY, {"robots/ChatType/e.json": TYPE, "robots/ChatType/__init__.py": ""})
    with open_app(child):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("robots.ChatType.speech")
        assert importlib.import_module("org.Base.robots.ChatType.speech").greet() == "hello"
        assert importlib.import_module("org.Base.robots.ChatType").ORIGIN == "far"


def test_an_extended_app_is_reached_by_its_id_and_is_the_same_module_unless_shadowed(tmp_path):
    with open_app(parent_and_child(tmp_path, FAMILY, {})):
        assert importlib.import_module("org.Base.robots.ChatType") is importlib.import_module("robots.ChatType")


def test_a_child_element_may_be_overridden_without_its_parent(tmp_path):
    nested = {"robots/ChatType/Editor/e.json": BOB, "robots/ChatType/Editor/__init__.py": "SIDE = 'far'\n"}
    near = {"robots/ChatType/Editor/e.json": BOB, "robots/ChatType/Editor/__init__.py": "SIDE = 'near'\n"}
    with open_app(parent_and_child(tmp_path, {**FAMILY, **nested}, near)):
        assert importlib.import_module("robots.ChatType").ORIGIN == "far"
        assert importlib.import_module("robots.ChatType.Editor").SIDE == "near"
        assert importlib.import_module("org.Base.robots.ChatType.Editor").SIDE == "far"


def test_shared_code_of_several_layers_is_laid_over_each_other(tmp_path):
    far = {"commons/consts.py": "A = 'far'\n", "commons/deep/one.py": "N = 1\n", "commons/__init__.py": ""}
    near = {"commons/consts.py": "A = 'near'\n", "commons/deep/two.py": "N = 2\n"}
    with open_app(parent_and_child(tmp_path, far, near)):
        assert importlib.import_module("commons.consts").A == "near"
        assert importlib.import_module("commons.deep.one").N == 1
        assert importlib.import_module("commons.deep.two").N == 2
        assert importlib.import_module("org.Base.commons.consts").A == "far"


def test_a_missing_init_is_made_up(app_from):
    app_from({"tasks/group/X/e.json": {"title": "X", "type": "tasks.NormalType"}, "tasks/group/X/inner.py": "N = 7\n"})
    assert importlib.import_module("tasks.group.X.inner").N == 7


def test_a_single_module_is_importable(app_from):
    app_from({"services/OrderSvc.py": "def create():\n    return 'made'\n"})
    from services.OrderSvc import create

    assert create() == "made"


def test_code_of_a_composite_element_lies_in_backend(app_from):
    app = app_from(
        {
            "services/Big/e.json": {"title": "Big", "type": "services.NormalType", "backendBundleEntry": "./backend"},
            "services/Big/backend/__init__.py": """
            from services.NormalType import NormalService
            class Big(NormalService):
                def size(self): return 3
        """,
            "services/Big/frontend/tasks/X/e.json": "not ours",
        }
    )
    assert app.services.Big.size() == 3
    assert not app.problems


def test_names_without_import_are_in_the_modules_and_not_in_builtins(app_from):
    app = app_from(
        {
            "services/Orders.py": """
            def facts():
                log.info("looking at %s", GlobalVar.currentTask)
                return app.appId
        """
        }
    )
    module = importlib.import_module("services.Orders")
    assert module.facts() == app.appId
    assert module.log.name == "services.Orders"
    assert not [name for name in ("app", "log", "GlobalVar", "Q", "datatypes") if hasattr(builtins, name)]


def test_a_lazy_name_becomes_the_real_thing_at_its_first_use(app_from):
    app_from({"services/Orders.py": "def look():\n    return GlobalVar.currentTask\n"})
    module = importlib.import_module("services.Orders")
    assert "globals.GlobalVar" not in sys.modules
    module.look()
    assert module.GlobalVar is importlib.import_module("globals.GlobalVar").GlobalVar


def test_a_modules_own_name_goes_before_the_one_put_in(app_from):
    app_from({"services/Orders.py": "from json import dumps as log\napp = 3\n"})
    module = importlib.import_module("services.Orders")
    assert module.app == 3
    assert module.log(1) == "1"


def test_a_name_registered_later_reaches_loaded_and_new_modules(app_from):
    app = app_from(
        {"services/One.py": "def rate():\n    return RATE\n", "services/Two.py": "def rate():\n    return RATE\n"}
    )
    one = importlib.import_module("services.One")
    app.registerGlobalVar("RATE", 19)
    assert (one.rate(), importlib.import_module("services.Two").rate()) == (19, 19)
    assert not hasattr(builtins, "RATE")


def test_no_bytecode_is_written_and_none_is_believed(tmp_path):
    folder = write_files(tmp_path, {"app.json": APP_JSON, "commons/consts.py": "A = 1\n"})
    for value in (1, 2):
        write_files(tmp_path, {"commons/consts.py": f"A = {value}\n"})
        with open_app(folder):
            assert value == importlib.import_module("commons.consts").A
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_root_imported_from_elsewhere_is_refused_with_the_place(tmp_path, monkeypatch):
    folder = write_files(tmp_path / "app", {"app.json": APP_JSON})
    write_files(tmp_path / "other", {"tasks/__init__.py": ""})
    monkeypatch.syspath_prepend(tmp_path / "other")
    importlib.import_module("tasks")
    try:
        finders = list(sys.meta_path)
        with pytest.raises(
            AppError, match=r"a module called tasks is already imported from .*/other/tasks/__init__\.py"
        ):
            open_app(folder)
        assert sys.meta_path == finders
    finally:
        del sys.modules["tasks"]
    open_app(folder).close()


def test_folders_that_hold_no_elements_are_no_roots(app_from):
    noise = ["tests", "docs", "dist", "appData", ".hidden", "static"]
    app = app_from({f"{name}/module.py": "" for name in noise} | {"pages/readme.md": ""})
    assert not set(app.namespaces) & {*noise, "pages"}


def test_a_folder_that_holds_elements_is_a_root_whatever_its_name(app_from):
    app = app_from({"docs/Meta/e.json": {"title": "Docs", "type": ""}})
    assert "docs" in app.namespaces


def test_platform_code_comes_from_the_official_layer_only(app_from):
    app_from({"jit/errcode.py": "raise SystemExit", "jit_utils/__init__.py": "raise SystemExit"})
    assert importlib.import_module("jit.errcode").Code


def test_a_refused_override_is_not_imported_in_place_of_the_protected_one(tmp_path):
    far = {"robots/Safe/e.json": {**META, "accessModifier": "protected"}, "robots/Safe/__init__.py": "SIDE = 'far'\n"}
    near = {"robots/Safe/e.json": META, "robots/Safe/__init__.py": "SIDE = 'near'\n"}
    with open_app(parent_and_child(tmp_path, far, near)) as app:
        assert app.getElement("robots.Safe").SIDE == "far"


def test_two_apps_at_once_are_refused_and_one_after_the_other_work(tmp_path):
    one = write_files(tmp_path / "one", {"app.json": APP_JSON, "commons/consts.py": "A = 1\n"})
    two = write_files(tmp_path / "two", {"app.json": APP_JSON, "commons/consts.py": "A = 2\n"})
    with open_app(one):
        with pytest.raises(AppError, match="still open in this process; close it first"):
            open_app(two)
        assert importlib.import_module("commons.consts").A == 1
    with open_app(two):
        assert importlib.import_module("commons.consts").A == 2


def test_a_syntax_error_names_file_line_and_the_sign_to_write(app_from):
    app = app_from(
        {
            "services/Wide/e.json": {"title": "Wide", "type": "services.NormalType"},
            "services/Wide/__init__.py": "from .service import Wide\n",
            "services/Wide/service.py": "import json\nclass Wide(json.JSONEncoder)：\n    pass\n",
            "services/Fine/e.json": {"title": "Fine", "type": "services.NormalType"},
        }
    )
    with pytest.raises(
        ElementBroken, match=r"services/Wide/service\.py:2: .*; write ':' instead of the full-width '：'"
    ):
        app.getElement("services.Wide").load()
    assert app.getElement("services.Fine").name == "Fine"
    assert app.getElement("services.Fine").load() is not None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nowhere_at_all\n", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("x = 1\nraise ValueError('no luck')\n", "ValueError: no luck"),
        ("import sys\nsys.exit(4)\n", r"it calls exit\(4\)"),
        ("x = (\n", "was never closed"),
        (b"\xff\xfe", "utf-8"),
    ],
)
def test_an_element_whose_code_fails_says_where(app_from, code, said):
    app = app_from(
        {
            "services/Bad/e.json": {"title": "Bad", "type": "services.NormalType"},
            "services/Bad/__init__.py": code,
        }
    )
    with pytest.raises(ElementBroken, match=said) as caught:
        app.getElement("services.Bad").load()
    assert "services/Bad/__init__.py" in str(caught.value)


@pytest.mark.parametrize("link", ["robots/ChatType/inner.py", "robots/ChatType/backend", "commons/tools.py"])
def test_nothing_is_imported_through_a_symbolic_link_out_of_the_app(tmp_path, link):
    write_files(tmp_path / "outside", {"inner.py": "raise SystemExit", "tools.py": "raise SystemExit"})
    root = write_files(tmp_path / "A", {"app.json": APP_JSON, **FAMILY, "commons/own.py": ""})
    name = link.removesuffix(".py").replace("/", ".")
    target = tmp_path / "outside" / link.rpartition("/")[2] if link.endswith(".py") else tmp_path / "outside"
    (root / link).symlink_to(target)
    with open_app(root), pytest.raises(ImportError, match="leads out of the app by a symbolic link"):
        importlib.import_module(name if link.endswith(".py") else f"{name}.inner")


@pytest.mark.parametrize("link", ["tasks/TemporaryType/inner.py", "tasks/TemporaryType/e.json", "tasks/TemporaryType"])
def test_a_folder_that_is_left_out_for_its_links_leaves_the_name_to_the_official_element(tmp_path, link):
    trap = "raise SystemExit"
    write_files(tmp_path / "outside", {"inner.py": trap, "e.json": "{}", "__init__.py": trap})
    own = {} if link == "tasks/TemporaryType" else OVERRIDE
    root = write_files(tmp_path / "A", {"app.json": APP_JSON, "tasks/readme.txt": "", **own})
    (root / link).unlink(missing_ok=True)
    (root / link).symlink_to(tmp_path / "outside" / link.rpartition("/")[2] if "." in link else tmp_path / "outside")
    with open_app(root) as app:
        module = importlib.import_module("tasks.TemporaryType")
        assert module is importlib.import_module("official.tasks.TemporaryType")
        assert app.getElement("tasks.TemporaryType").module is module
        assert [problem.element for problem in app.problems] == ["tasks.TemporaryType"]


def test_a_symbolic_link_to_code_of_the_same_app_is_imported(tmp_path):
    root = write_files(tmp_path / "A", {"app.json": APP_JSON, **FAMILY})
    (root / "robots" / "ChatType" / "talk.py").symlink_to(root / "robots" / "ChatType" / "speech.py")
    with open_app(root):
        assert importlib.import_module("robots.ChatType.talk").greet() == "hello"


OVERRIDE = {
    "tasks/TemporaryType/e.json": {"type": "tasks.Meta", "title": "Ours", "backendBundleEntry": "."},
    "tasks/TemporaryType/__init__.py": "from official.tasks.TemporaryType import Loader\n",
}


def test_a_module_that_an_override_of_an_official_element_lacks_is_the_official_one(app_from):
    app = app_from(OVERRIDE)
    ours = importlib.import_module("tasks.TemporaryType")
    task = importlib.import_module("tasks.TemporaryType.task")
    assert task is importlib.import_module("official.tasks.TemporaryType.task")
    assert (task.__name__, ours.task) == ("official.tasks.TemporaryType.task", task)
    assert not hasattr(ours, "createTemporaryTask")
    assert app.problems == []
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("tasks.TemporaryType.tusk")


def test_a_module_that_an_override_of_an_official_element_has_is_its_own(app_from):
    app_from({**OVERRIDE, "tasks/TemporaryType/task.py": "createTemporaryTask = 'ours'\n"})
    assert importlib.import_module("tasks.TemporaryType.task").createTemporaryTask == "ours"
    assert callable(importlib.import_module("official.tasks.TemporaryType.task").createTemporaryTask)


def test_other_overrides_are_whole_folders(tmp_path):
    root = parent_and_child(tmp_path, FAMILY, {"robots/ChatType/e.json": TYPE})
    with open_app(root), pytest.raises(ModuleNotFoundError):
        importlib.import_module("robots.ChatType.speech")
