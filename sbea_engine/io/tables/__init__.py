"""Long and wide tables of keypoints, as CSV or Parquet (`docs/reference/tables.md`)."""

from sbea_engine.io.tables.columns import BadTable
from sbea_engine.io.tables.transfer import TableFiles

__all__ = ["BadTable", "TableFiles"]
