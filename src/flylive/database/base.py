"""What every table stands on: one metadata, named constraints, plain types.

Models are tables and nothing more: no relationships, no defaults in Python. Foreign keys
name their target by string, so that slices refer to each other's tables without importing.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Date, Integer, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from flylive.database.types import Money, Timestamp

NAMING = {
    "pk": "%(table_name)s_pkey",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "chk_%(table_name)s_%(constraint_name)s",
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
}
"""Names after the seed's manner (``chk_users_vip_level``, ``idx_users_phone``)."""


class Base(DeclarativeBase):
    """The root of every model."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: Integer(),
        str: Text(),
        bytes: LargeBinary(),
        Decimal: Money,
        datetime: Timestamp,
        date: Date(),
        dict[str, Any]: JSONB(),
    }
