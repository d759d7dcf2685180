// SPDX-License-Identifier: MIT
// Writes test/golden/formats/parquet: a table by Apache Arrow's own writer (parquet-wasm 0.8, which is Rust's `parquet`
// crate), and the same rows as JSON. Run it where both packages are installed:
//   npm install parquet-wasm apache-arrow
//   node parquet_files.mjs FOLDER
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as arrow from 'apache-arrow';
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';

const [folder] = process.argv.slice(2);
const rows = Array.from({ length: 60 }, (_, i) => ({
  review: i === 7 ? 'Ein "Film", ganz\nohne Stil: 好' : `${i % 2 === 0 ? 'good' : 'bad'} film ${i}`,
  stars: i % 2 === 0 ? 5 : 1,
  price: i / 4,
  fresh: i % 3 === 0,
}));
const table = new arrow.Table({
  review: arrow.vectorFromArray(
    rows.map(({ review }) => review),
    new arrow.Utf8(),
  ),
  stars: arrow.vectorFromArray(
    rows.map(({ stars }) => BigInt(stars)),
    new arrow.Int64(),
  ),
  price: arrow.vectorFromArray(
    rows.map(({ price }) => price),
    new arrow.Float64(),
  ),
  fresh: arrow.vectorFromArray(
    rows.map(({ fresh }) => fresh),
    new arrow.Bool(),
  ),
});
const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).setMaxRowGroupSize(25).build();
const bytes = writeParquet(Table.fromIPCStream(arrow.tableToIPC(table, 'stream')), properties);
writeFileSync(path.join(folder, 'reviews.parquet'), bytes);
writeFileSync(path.join(folder, 'reviews.json'), `${JSON.stringify(rows)}\n`);
