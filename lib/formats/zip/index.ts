// SPDX-License-Identifier: MIT
// The public names of this room.
export { writeZip, zipChunks, type ZipMember } from './write_zip';
export { ZipArchive } from './zip_archive';
