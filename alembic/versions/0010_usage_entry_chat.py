"""0010 usage_entry: an index on the chats of people, for what a chat has cost. Expand: older releases ignore it."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0010"
down_revision = "0009"

OF_CHATS = "chat_id <> ''"


def upgrade(op: Operations) -> None:
    op.create_index(
        "openrouter_pipe_usage_entry_chat",
        "openrouter_pipe_usage_entry",
        ["namespace", "user_id", "chat_id"],
        sqlite_where=sa.text(OF_CHATS),
        postgresql_where=sa.text(OF_CHATS),
    )
