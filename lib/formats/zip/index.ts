// SPDX-License-Identifier: MIT
// The public names of this room.
export { isMemberName } from './layout';
export { writeZip, zipChunks, type ZipMember } from './write_zip';
export { ZipArchive } from './zip_archive';
