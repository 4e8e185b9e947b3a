from official.tasks.NormalType import Loader as OfficialLoader

from .normaltask import NormalTask


class Loader(OfficialLoader):
    taskClass = NormalTask
