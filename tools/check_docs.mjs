// SPDX-License-Identifier: MIT
// Pages and their sidebar (tools/docs/sidebar.mjs): every page of docs/ stands there once, every entry is a file, and every link
// between files of the repository leads to a file, and to a heading of it where it names one.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { linksOf, placesOf } from './docs/pages.mjs';
import { addressOf, PAGES } from './docs/sidebar.mjs';
import { filesBelow, ROOT } from './steps.mjs';

/** What is wrong with a sidebar of `pages`, where docs/ holds `files`. */
export function sidebarProblems(pages, files) {
  const problems = [];
  const addresses = new Map();
  for (const page of pages) {
    const address = addressOf(page);
    if (addresses.has(address)) problems.push(`${page}: has the address of ${addresses.get(address)}, ${address}`);
    addresses.set(address, page);
    if (page.startsWith('docs/') ? !files.includes(page) : !existsSync(path.join(ROOT, page)))
      problems.push(`${page}: stands in tools/docs/sidebar.mjs and is no file`);
  }
  for (const file of files)
    if (!pages.includes(file)) problems.push(`${file}: does not stand in tools/docs/sidebar.mjs`);
  return problems;
}

/** What is wrong with the links of one page. */
export function linkProblems(file, text) {
  return linksOf(file, text).flatMap(({ target, other, place }) => {
    const at = path.join(ROOT, other);
    if (target.startsWith('/') || other.startsWith('..'))
      return [`${file}: the link ${target} leads out of the repository`];
    if (other !== file && !existsSync(at)) return [`${file}: the link ${target} leads nowhere`];
    if (place === undefined) return [];
    const places = placesOf(other === file ? text : readFileSync(at, 'utf8'));
    return places.includes(place) ? [] : [`${file}: the link ${target} names no heading of ${other}`];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = filesBelow('docs', (file) => file.endsWith('.md'));
  const read = (file) => readFileSync(path.join(ROOT, file), 'utf8');
  const known = [...new Set([...files, ...PAGES])].filter((file) => existsSync(path.join(ROOT, file)));
  const problems = [...sidebarProblems(PAGES, files), ...known.flatMap((file) => linkProblems(file, read(file)))];
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
