"""The hook of plug-ins for changes of rows."""

from __future__ import annotations

import pytest

from jitai_tasks.ids import new_id
from jitai_tasks.store.records import Job
from jitai_tasks.testing import APP_JSON

PLUG = """
    from jitai_tasks import hookimpl

    @hookimpl
    def jit_row_changed(app, session, change):
        if change.model.name == "models.Trail":
            return
        if "root" in str(change.post):
            raise ValueError("no root")
        what = f"{change.operate} {change.model.name} {change.subject} {sorted(change.changed)}"
        session.add(app.models.Trail.entity(what=what))
"""
CLASS = """
    from datatypes.Meta import datatypes
    from models.NormalType import NormalModel

    class {name}(NormalModel):
        id = datatypes.AutoInt(primaryKey=True)
        {field} = datatypes.Stext()
"""


def model(name: str, field: str) -> dict[str, object]:
    return {
        f"models/{name}/e.json": {"title": name, "type": "models.NormalType"},
        f"models/{name}/__init__.py": CLASS.format(name=name, field=field),
    }


@pytest.fixture
def app(app_from):
    settings = {"app.json": {**APP_JSON, "settings": {"plugins": ["commons.plug"]}}, "commons/plug.py": PLUG}
    return app_from(settings | model("User", "name") | model("Trail", "what"))


def trail(app) -> list[str]:
    return [row.what.value for row in app.models.Trail.query().rowDatas]


def test_a_plug_in_hears_of_every_change_whoever_saves(app):
    user = app.models.User.create(name="a")
    with app.transaction() as session:
        session.get(app.models.User.entity, user.id.value).name = "b"
    user.delete()
    assert trail(app) == [
        "Add models.User 1 ['id', 'name']",
        "Update models.User 1 ['name']",
        "Delete models.User 1 ['id', 'name']",
    ]


def test_what_it_does_and_what_it_refuses_is_undone_with_the_change(app):
    with pytest.raises(RuntimeError), app.transaction():
        app.models.User.create(name="a")
        raise RuntimeError
    with pytest.raises(ValueError, match="no root"):
        app.models.User.create(name="root")
    assert trail(app) == []
    assert app.models.User.query().totalCount == 0


def test_it_does_not_hear_of_what_was_asked_to_be_quiet(app):
    app.models.User.create({"name": "a"}, triggerEvent=0)
    app.models.User.updateByFilter("", {"name": "b"})
    assert trail(app) == []


def test_in_a_running_job_it_acts_and_refuses_at_the_end_of_the_part_that_changed_the_row(app):
    now = app.clock.now()
    job = Job(id=new_id(), task_type="tasks.TemporaryType", due=now, created=now)
    user, row = app.models.User.entity, app.models.Trail.entity
    app.models.User.create(name="a")
    with app.run_as(job) as scope:
        with pytest.raises(ValueError, match="no root"), app.transaction() as session:
            session.add(user(name="root"))
        with app.transaction() as session:
            session.add(user(name="b"))
        assert app.session().query(row).count() == 2
    scope.commit()
    scope.close()
    assert [found.name.value for found in app.models.User.query().rowDatas] == ["a", "b"]
