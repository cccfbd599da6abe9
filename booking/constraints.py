"""One declarative constraint: no two live rows of a group overlap, on PostgreSQL and SQLite alike.

PostgreSQL gets an exclusion constraint, SQLite two triggers. Both reach Django as IntegrityError. The statements go
through the schema editor's deferred SQL, so that SQLite's table rebuilds do not lose the triggers. Nothing here
imports django.contrib.postgres, which would make psycopg a hard requirement.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, Model, Q


class NoOverlap(BaseConstraint):
    """Refuse a row whose `[start, end)` meets another's in the same group, among rows whose field is in a set."""

    def __init__(
        self,
        *,
        name: str,
        group: str,
        start: str,
        end: str,
        live_field: str,
        live_values: Iterable[str],
        violation_error_code: str | None = "overlap",
        violation_error_message: Any = None,
    ) -> None:
        super().__init__(
            name=name, violation_error_code=violation_error_code, violation_error_message=violation_error_message
        )
        self.group, self.start, self.end = group, start, end
        self.live_field, self.live_values = live_field, tuple(live_values)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        own = {name: getattr(self, name) for name in ("group", "start", "end", "live_field", "live_values")}
        return path, args, {**kwargs, **own}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, NoOverlap):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = BaseConstraint.__hash__

    def validate(self, model: type[Model], instance: Model, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """Give forms the message; the database decides."""
        if getattr(instance, self.live_field) not in self.live_values:
            return
        group, start, end = (
            getattr(instance, field) for field in (self._column(model, self.group), self.start, self.end)
        )
        if None in (group, start, end):
            return
        others = model._base_manager.using(using).exclude(pk=instance.pk).filter(self._clash(group, start, end))
        if others.exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def _clash(self, group: Any, start: Any, end: Any) -> Q:
        return Q(
            **{
                self.group: group,
                f"{self.live_field}__in": self.live_values,
                f"{self.start}__lt": end,
                f"{self.end}__gt": start,
            }
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Called while a table is made (or rebuilt): run once the table is there."""
        schema_editor.deferred_sql.extend(self._statements(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.extend(self._statements(model, schema_editor))
        return None

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        if schema_editor.connection.vendor == "sqlite":
            for moment in ("insert", "update"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {quote(f'{self.name}_{moment}')}")
            return None
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
        )

    def _statements(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        vendor = schema_editor.connection.vendor
        makers = {"postgresql": self._exclusion, "sqlite": self._triggers}
        if vendor not in makers:
            raise NotImplementedError(f"NoOverlap is not known on {vendor}.")
        return makers[vendor](model, schema_editor)

    def _exclusion(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        names = self._names(model, schema_editor)
        sql = (
            "ALTER TABLE %(table)s ADD CONSTRAINT {name} EXCLUDE USING gist "
            "({group} WITH =, tstzrange({start}, {end}, '[)') WITH &&) WHERE ({live} IN ({values}))"
        ).format(**names)
        return [self._statement(sql, model, schema_editor)]

    def _triggers(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        names = self._names(model, schema_editor)
        return [self._statement(self._trigger(moment, names), model, schema_editor) for moment in ("insert", "update")]

    def _trigger(self, moment: str, names: dict[str, str]) -> str:
        """Text of one trigger; the UTC texts of SQLite compare in time order. A new row has no key to leave out yet."""
        others = "AND other.{pk} <> NEW.{pk} ".format(**names) if moment == "update" else ""
        return (  # noqa: S608 -- names and values come from the model, quoted
            'CREATE TRIGGER IF NOT EXISTS "{plain}_{moment}" BEFORE {MOMENT} ON %(table)s '
            "WHEN NEW.{live} IN ({values}) AND EXISTS (SELECT 1 FROM %(table)s AS other "
            "WHERE other.{group} = NEW.{group} AND other.{live} IN ({values}) {others}"
            "AND other.{start} < NEW.{end} AND other.{end} > NEW.{start}) "
            "BEGIN SELECT RAISE(ABORT, 'constraint failed: {plain}'); END"
        ).format(moment=moment, MOMENT=moment.upper(), plain=self.name, others=others, **names)

    def _statement(self, sql: str, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> Statement:
        return Statement(sql, table=Table(model._meta.db_table, schema_editor.quote_name))

    def _names(self, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> dict[str, str]:
        quote = schema_editor.quote_name
        columns: dict[str, str] = {
            "group": self._column(model, self.group),
            "start": self._column(model, self.start),
            "end": self._column(model, self.end),
            "live": self._column(model, self.live_field),
            "pk": model._meta.pk.column,
        }
        values = ", ".join(schema_editor.quote_value(value) for value in self.live_values)
        return {**{key: quote(column) for key, column in columns.items()}, "name": quote(self.name), "values": values}

    @staticmethod
    def _column(model: Any, field: str) -> str:
        return model._meta.get_field(field).column


def is_overlap(error: IntegrityError, constraint: str) -> bool:
    """Tell whether the database refused a row because of this NoOverlap constraint."""
    return constraint in str(error)


def enable_group_equality(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Migration step: PostgreSQL needs btree_gist to compare the group with `=` inside an exclusion constraint."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
