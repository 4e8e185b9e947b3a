"""What `init` writes makes mypy and pyright understand an app: no false alarm, and the true ones are still raised."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jitai_tasks.cli.editing import write_settings
from jitai_tasks.testing import write_files

SOUND = {
    "app.json": {"appId": "test.Shop", "name": "Shop"},
    "commons/__init__.py": "",
    "commons/shop.py": "VALUE = 7\n",
    "services/OrderSvc/__init__.py": "from .service import OrderSvc as OrderSvc\n",
    "services/OrderSvc/service.py": '''
        from services.NormalType import NormalService


        class OrderSvc(NormalService):
            def cancel(self, orderId: int) -> str:
                log.info("cancel %s of %s", orderId, app.title)
                return self.__title__
    ''',
    "models/Order/__init__.py": "from .model import Order as Order\n",
    "models/Order/model.py": '''
        from models.NormalType import NormalModel


        class Order(NormalModel):
            id = datatypes.AutoInt(primaryKey=True)
            title = datatypes.Stext(maxLen=30)
    ''',
    "tasks/Cleanup/inner.py": '''
        from commons.shop import VALUE
        from jit.commons.utils.logger import log
        from jit_utils.time import now
        from services.OrderSvc import OrderSvc
        from tasks.Meta import BaseTask, Timer
        from tasks.TemporaryType.task import createTemporaryTask


        def customFunc() -> str:
            app.services.OrderSvc.cancel(orderId=VALUE)
            log.info("%s %s %s", GlobalVar.currentTask, Q(status="open"), OrderSvc().cancel(VALUE))
            print(BaseTask, Timer({"startTime": "2026-01-01 00:00:00"}).nextTime())
            return createTemporaryTask("services.OrderSvc.cancel", {"orderId": VALUE}, now().shift(minutes=3))
    ''',
    "tasks/NormalType/__init__.py": "from .loader import Loader\nfrom .normaltask import NormalTask\n",
    "tasks/NormalType/loader.py": '''
        from official.tasks.NormalType import Loader as OfficialLoader

        from .normaltask import NormalTask


        class Loader(OfficialLoader):
            taskClass = NormalTask

            def load(self) -> NormalTask:
                log.info("%s", self.nodes[0].fullName)
                return NormalTask(self.nodes[0])
    ''',
    "tasks/NormalType/normaltask.py": '''
        from typing import Any

        from official.tasks.NormalType import NormalTask as OfficialNormalTask


        class NormalTask(OfficialNormalTask):
            def handle(self, task: Any) -> Any:
                log.info("%s of %s", self.title, app.title)
                return super().handle(task)
    ''',
}  # fmt: skip
MISTAKEN = {
    "tasks/Wrong/inner.py": '''
        from tasks.TemporaryType.task import createTemporaryTask


        def customFunc() -> int:
            app.getElement(3)
            notThere()
            return createTemporaryTask("services.OrderSvc.cancel")
    ''',
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An app with the settings of `init`."""
    write_settings(tmp_path)
    return write_files(tmp_path, SOUND)


@pytest.fixture(scope="module")
def mypy(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """What mypy says of an app; what it knows of libraries is learnt once."""
    cache = str(tmp_path_factory.mktemp("mypy"))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, "--no-color-output", "."]
    return lambda app: subprocess.run(command, cwd=app, capture_output=True, text=True, check=False).stdout


def pyright(app: Path) -> list[str]:
    pytest.importorskip("pyright", reason="not tested: pyright is not installed")
    if shutil.which("node") is None:
        pytest.skip("not tested: pyright needs node")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=app, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [f"{Path(item['file']).name}:{item['range']['start']['line'] + 1}: {item['message']}" for item in found]


@pytest.mark.timeout(300)
def test_mypy_knows_app_and_the_official_elements_even_in_strict_mode(shop: Path, mypy: Callable[[Path], str]) -> None:
    said = mypy(shop)
    assert said.startswith("Success"), said


@pytest.mark.timeout(300)
def test_mypy_still_finds_what_is_wrong(shop: Path, mypy: Callable[[Path], str]) -> None:
    write_files(shop, MISTAKEN)
    lines = [line.partition(" error:")[0] for line in mypy(shop).splitlines()[:-1]]
    assert lines == ["tasks/Wrong/inner.py:6:", "tasks/Wrong/inner.py:7:", "tasks/Wrong/inner.py:8:"]


@pytest.mark.timeout(300)
def test_pyright_knows_app_and_the_official_elements(shop: Path) -> None:
    assert pyright(shop) == []


@pytest.mark.timeout(300)
def test_pyright_still_finds_what_is_wrong(shop: Path) -> None:
    write_files(shop, MISTAKEN)
    assert [line.partition(": ")[0] for line in pyright(shop)] == ["inner.py:6", "inner.py:7", "inner.py:8"]
