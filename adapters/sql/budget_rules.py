"""Rules of budgets in a database."""

from sqlalchemy import bindparam, select

from adapters.sql.database import Database
from adapters.sql.tables import budget
from adapters.sql.texts import original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.budget_rules import StoredRule
from ports.budgets import BudgetsUnavailable

b = budget.c
LOAD = select(b.name, b.rule).where(b.namespace == bindparam("of")).order_by(b.name).limit(bindparam("most"))


class SqlBudgetRules:
    """Implements BudgetRuleStore on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, namespace: str, limit: int) -> tuple[StoredRule, ...]:
        """Read by the first column of the key."""
        try:
            async with self._database.reading() as connection:
                rows = (await connection.execute(LOAD, {"of": stored(namespace), "most": limit})).all()
        except DatabaseTrouble as trouble:
            raise BudgetsUnavailable(trouble.reason) from trouble
        return tuple(StoredRule(original(row.name), original(row.rule)) for row in rows)
