import sqlalchemy as sa
from commons.shop import metadata, shop
from tasks.NormalType import NormalTask


class ReportTask(NormalTask):
    def handle(self, task):
        """Count the rows of the configured table by the configured column."""
        table = metadata.tables[self.config["report"]["table"]]
        column = table.c[self.config["report"]["groupBy"]]
        with shop() as session:
            counted = session.execute(sa.select(column, sa.func.count()).group_by(column)).all()
        report = {str(value): number for value, number in counted}
        print(f"{self.title}: {report}")
        return report
