"""Runners say which files they could not load."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    long_text = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
    op.add_column("jitai_runners", sa.Column("refused", long_text))


def downgrade() -> None:
    op.drop_column("jitai_runners", "refused")
