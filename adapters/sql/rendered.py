"""Statements that are rendered once: SQLAlchemy compiles an INSERT with ON CONFLICT anew at every execution."""

from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES


def rendered(database: Database, statement: Any) -> TextClause:
    """Return a statement as text with the same parameters, and with the names of the database's schema."""
    dialect = (postgresql if database.dialect == POSTGRES else sqlite).dialect(paramstyle="named")
    names: dict[str, Any] = {}
    if database.schema:
        names = {"schema_translate_map": {None: database.schema}, "render_schema_translate": True}
    compiled = statement.compile(dialect=dialect, **names)
    typed = [bindparam(name, type_=bind.type) for name, bind in compiled.binds.items()]
    return text(str(compiled)).bindparams(*typed).execution_options(preserve_rowcount=True)
