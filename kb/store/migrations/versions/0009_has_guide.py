"""An article says whether the text that readers see carries a guide"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("has_guide", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("articles", column)
    # Guides are younger than this column but for texts of the last days: a fence is enough to know them by.
    op.execute(
        "UPDATE articles SET has_guide = true WHERE published_id IN "
        "(SELECT id FROM revisions WHERE CAST(sections AS TEXT) LIKE '%```guide%')"
    )


def downgrade() -> None:
    op.drop_column("articles", "has_guide")
