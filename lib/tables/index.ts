// SPDX-License-Identifier: MIT
// The public names of this room.
export { checkTableFormat, openTable, type TableOptions } from './open_table';
export { TABLE_FORMATS, type Cell, type Row, type Table, type TableFormat } from './table';
