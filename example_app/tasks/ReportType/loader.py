from tasks.NormalType import Loader as NormalLoader

from .reporttask import ReportTask


class Loader(NormalLoader):
    taskClass = ReportTask
