// SPDX-License-Identifier: MIT
// The pages of the repository as pages of the site: the same text, with links that lead to their addresses there.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../steps.mjs';
import { addressOf, PAGES } from './sidebar.mjs';

/** Links of a page outside of its code, as [whole, text, target]; pictures have a text, too. */
const LINK = /(?<!`)\[((?:[^\][`]|`[^`]*`)*)\]\(([^()\s]+)\)/g;

/** The text of a page cut into parts that are code and parts that are not, in turn; the first is not. */
const partsOf = (text) => text.split(/(^```[^\n]*\n[\s\S]*?^```$)/m);

/** Replaces each link that leads into the repository: `replace` is given its text, the file and what follows it (#place). */
function mapLinks(file, text, replace) {
  const mapped = partsOf(text).map((part, index) =>
    index % 2 === 1
      ? part
      : part.replace(LINK, (whole, label, target) => {
          if (/^[a-z]+:/.test(target)) return whole;
          const [relative, place] = target.split('#');
          const other = relative === '' ? file : path.posix.join(path.posix.dirname(file), relative);
          return replace({ whole, label, target, other, place });
        }),
  );
  return mapped.join('');
}

/** The links of a page into the repository. */
export function linksOf(file, text = readFileSync(path.join(ROOT, file), 'utf8')) {
  const links = [];
  mapLinks(file, text, (link) => (links.push(link), link.whole));
  return links;
}

/** The places of a page that a link may name: its headings, as GitHub and the site spell them. */
export function placesOf(text) {
  const prose = partsOf(text).filter((_, index) => index % 2 === 0);
  const headings = [...prose.join('\n').matchAll(/^#{1,6} (.*)$/gm)];
  return headings.map(([, title]) => slugOf(title.replaceAll('`', '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')));
}

/** The name of a heading's place, by GitHub's rule. */
export function slugOf(title) {
  return title
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/**
 * A page for the site. Links between pages lead to their addresses; files that are no pages are named without a link, for the
 * site has no copy of them.
 */
export function pageForSite(file, text = readFileSync(path.join(ROOT, file), 'utf8')) {
  const here = path.posix.dirname(addressOf(file));
  const linked = mapLinks(file, text, ({ label, other, place }) => {
    if (!PAGES.includes(other)) return label;
    const address = path.posix.relative(here, addressOf(other));
    return `[${label}](./${address}${place === undefined ? '' : `#${place}`})`;
  });
  return file === 'docs/index.md' ? landingPage(linked) : linked;
}

/** The first page: its title and first paragraph become the head of the page, with two buttons. */
function landingPage(text) {
  const [title, tagline, ...rest] = text.split(/\n\n+/);
  const hero = {
    name: title.replace(/^# /, ''),
    tagline: tagline.replaceAll('\n', ' '),
    actions: [
      { theme: 'brand', text: 'Get started', link: '/get_started' },
      { theme: 'alt', text: 'Tutorial', link: '/tutorial' },
      { theme: 'alt', text: 'Reference', link: '/api/' },
    ],
  };
  // JSON is YAML.
  return `---\n${JSON.stringify({ layout: 'home', title: 'ostinato', titleTemplate: false, hero })}\n---\n\n${rest.join('\n\n')}`;
}
