// SPDX-License-Identifier: MIT
// The parts of the site: staged pages, the reference by TypeDoc, and the settings of VitePress.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../steps.mjs';
import { pageForSite } from './pages.mjs';
import { addressOf, PAGES, SIDEBAR } from './sidebar.mjs';

const FOLDER = path.join(ROOT, 'build', 'docs');
/** Where the pages are staged, with the reference in `api/`. */
export const STAGE = path.join(FOLDER, 'pages');
/** Where the site is written. */
export const OUTPUT = path.join(FOLDER, 'site');
/** The tree of the reference. */
const NAVIGATION = path.join(FOLDER, 'reference.json');

/** Stages the pages of the repository. */
export function stagePages(modules) {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const file of PAGES) {
    const target = path.join(STAGE, addressOf(file));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, pageForSite(file));
  }
  // Pages are compiled to modules that import Vue.
  symlinkSync(modules, path.join(FOLDER, 'node_modules'), 'junction');
}

/** The command that writes the reference: what lib/index.ts exports, by its docstrings. */
export function typedoc(modules) {
  const options = {
    plugin: [
      path.join(modules, 'typedoc-plugin-markdown', 'dist', 'index.js'),
      path.join(ROOT, 'tools', 'docs', 'typedoc_plugin.mjs'),
    ],
    entryPoints: [path.join(ROOT, 'lib', 'index.ts')],
    tsconfig: path.join(ROOT, 'tsconfig.json'),
    out: path.join(STAGE, 'api'),
    navigationJson: NAVIGATION,
    name: 'Reference',
    readme: 'none',
    router: 'kind',
    entryFileName: 'index.md',
    excludeInternal: true,
    excludeProtected: true,
    disableSources: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useHTMLEncodedBrackets: true,
    // Types that only signatures name need not be exported.
    validation: { notExported: false, invalidLink: true },
    treatWarningsAsErrors: true,
    treatValidationWarningsAsErrors: true,
  };
  const file = path.join(FOLDER, 'typedoc.json');
  writeFileSync(file, JSON.stringify(options));
  return [process.execPath, path.join(modules, 'typedoc', 'bin', 'typedoc'), '--options', file];
}

/** Writes the settings of VitePress beside the staged pages. */
export function writeSettings() {
  const folder = path.join(STAGE, '.vitepress');
  mkdirSync(folder, { recursive: true });
  const pages = pathToFileURL(path.join(ROOT, 'tools', 'docs', 'pages.mjs')).href;
  // Headings are named by GitHub's rule, which links of the pages and of the reference follow.
  const config = [
    `import { slugOf } from ${JSON.stringify(pages)};`,
    `export default { ...${JSON.stringify(settings(), null, 1)}, markdown: { anchor: { slugify: slugOf } } };`,
  ];
  writeFileSync(path.join(folder, 'config.mjs'), `${config.join('\n')}\n`);
}

function settings() {
  const { description } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const pages = SIDEBAR.map(({ title, pages: entries }) => ({
    text: title,
    items: entries.map(([file, text]) => ({ text, link: linkOf(addressOf(file)) })),
  }));
  return {
    title: 'ostinato',
    description,
    outDir: OUTPUT,
    cleanUrls: true,
    // A link to nowhere fails the build: VitePress' default, said here because the site depends on it.
    ignoreDeadLinks: false,
    locales: {
      root: { label: 'English', lang: 'en' },
      ko: { label: '한국어', lang: 'ko', link: '/ko/tutorial' },
    },
    themeConfig: {
      i18nRouting: false,
      search: { provider: 'local' },
      outline: { level: [2, 3] },
      nav: [
        { text: 'Get started', link: '/get_started' },
        { text: 'Tutorial', link: '/tutorial' },
        { text: 'Reference', link: '/api/' },
      ],
      sidebar: { '/api/': referenceSidebar(), '/': pages },
    },
  };
}

const linkOf = (address) => `/${address.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;

/** The reference by kinds, closed at first: it has hundreds of pages. */
function referenceSidebar() {
  const entry = ({ title, path: file, children }, depth) => ({
    text: title,
    ...(file ? { link: linkOf(`api/${file}`) } : {}),
    ...(children
      ? { collapsed: depth > 0 || title !== 'Classes', items: children.map((child) => entry(child, depth + 1)) }
      : {}),
  });
  const kinds = JSON.parse(readFileSync(NAVIGATION, 'utf8'));
  return [{ text: 'Reference', link: '/api/', items: kinds.map((kind) => entry(kind, 0)) }];
}

/** Links of the site that name a place which their page does not have: VitePress checks pages alone. */
export function deadPlaces() {
  const files = readdirSync(OUTPUT, { recursive: true }).filter((file) => file.endsWith('.html'));
  const pages = new Map(files.map((file) => [path.join(OUTPUT, file), readFileSync(path.join(OUTPUT, file), 'utf8')]));
  const places = new Map();
  const placesIn = (file) => {
    if (!places.has(file))
      places.set(file, new Set([...pages.get(file).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)));
    return places.get(file);
  };
  const dead = [];
  for (const [file, html] of pages)
    for (const [, address, place] of html.matchAll(/ href="([^":#]*)#([^"]+)"/g)) {
      const base = path.resolve(path.dirname(file), address.startsWith('/') ? path.join(OUTPUT, address) : address);
      const other = address === '' ? file : [`${base}.html`, path.join(base, 'index.html')].find(existsSync);
      if (other === undefined || !placesIn(other).has(decodeURIComponent(place)))
        dead.push(`${path.relative(OUTPUT, file)}: ${address}#${place}`);
    }
  return dead;
}
