#!/usr/bin/env python3
"""Writes the Parquet files of this folder: the listing of one repository, by writers that everybody has.

    pip install pyarrow duckdb pyspark==3.5.6      # and a JDK 17 for the last one
    python3 write.py NAMES FOLDER

NAMES has a line `LENGTH KEY` for each object of the bucket. Each file has the columns of S3 Inventory, and some rows of
versions that were replaced and of markers of deletes, which are not part of the answer.
"""

import datetime
import pathlib
import shutil
import sys
import tempfile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

names, folder = sys.argv[1:]
at = datetime.datetime(2026, 11, 1, 3, 4, 5, tzinfo=datetime.timezone.utc)
rows = []
for number, line in enumerate(open(names, encoding="utf-8")):
    length, key = line.rstrip("\n").split(" ", 1)
    rows.append(("bucket", key, f"v{number}", True, False, int(length), at, "STANDARD", ["CRC32"]))
    if number % 3 == 0:
        rows.append(("bucket", key, f"old{number}", False, False, 1, at, "GLACIER", None))
    if number % 20 == 0:
        rows.append(("bucket", f"gone/{number}", f"m{number}", True, True, None, at, None, None))
schema = pa.schema(
    [
        pa.field("bucket", pa.string(), nullable=False),
        # Before the columns that are read: a structure and a list, each with leaves of its own.
        pa.field("owner", pa.struct([("key", pa.string()), ("size", pa.int64())])),
        pa.field("checksum_algorithm", pa.list_(pa.string())),
        pa.field("key", pa.string(), nullable=False),
        pa.field("version_id", pa.string()),
        pa.field("is_latest", pa.bool_(), nullable=False),
        pa.field("is_delete_marker", pa.bool_()),
        pa.field("size", pa.int64()),
        pa.field("last_modified_date", pa.timestamp("ms")),
        pa.field("storage_class", pa.string()),
    ]
)
table = pa.Table.from_pylist(
    [
        {
            "bucket": bucket,
            "owner": {"key": "not this one", "size": -1},
            "checksum_algorithm": sums,
            "key": key,
            "version_id": version,
            "is_latest": latest,
            "is_delete_marker": marker,
            "size": size,
            "last_modified_date": at.replace(tzinfo=None),
            "storage_class": tier,
        }
        for bucket, key, version, latest, marker, size, at, tier, sums in rows
    ],
    schema=schema,
)
flat = table.drop_columns(["owner", "checksum_algorithm"])


def arrow(name, table=table, **options):
    pq.write_table(table, f"{folder}/{name}.parquet", **options)


arrow("arrow-snappy")
arrow("arrow-plain-none", use_dictionary=False, compression="none")
arrow("arrow-gzip-small-pages", compression="gzip", data_page_size=64, row_group_size=40, write_page_checksum=True)
arrow("arrow-zstd-v2", compression="zstd", data_page_version="2.0", data_page_size=64, write_page_checksum=True)
deltas = {"key": "DELTA_BYTE_ARRAY", "size": "DELTA_BINARY_PACKED", "is_latest": "RLE", "is_delete_marker": "RLE"}
arrow("arrow-deltas", flat, use_dictionary=False, column_encoding=deltas, data_page_version="2.0")
lengths = {"key": "DELTA_LENGTH_BYTE_ARRAY"}
arrow("arrow-lengths", flat, use_dictionary=False, column_encoding=lengths, data_page_size=64, compression="none")
for packing in ["lz4", "brotli"]:
    arrow(f"refused-{packing}", flat, compression=packing)

for packing in ["snappy", "zstd"]:
    duckdb.sql(f"COPY flat TO '{folder}/duckdb-{packing}.parquet' (FORMAT parquet, COMPRESSION {packing})")

spark = SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
for version in ["PARQUET_1_0", "PARQUET_2_0"]:
    spark.sparkContext._jsc.hadoopConfiguration().set("parquet.writer.version", version)
    frame = spark.read.parquet(f"{folder}/arrow-snappy.parquet").drop("owner")
    with tempfile.TemporaryDirectory() as scratch:
        frame.coalesce(1).write.parquet(f"{scratch}/out")
        (part,) = pathlib.Path(scratch, "out").glob("*.parquet")
        shutil.copy(part, f"{folder}/spark-v{version[8]}.parquet")
