// SPDX-License-Identifier: MIT
// The sidebar of the site. A page is its path in the repository, which says its address, too (`addressOf`). Every page of
// docs/ stands here exactly once; `npm run lint` checks it (tools/check_docs.mjs).

/** Sections in their order: pages as [path, title]. */
export const SIDEBAR = [
  {
    title: 'Begin',
    pages: [
      ['docs/index.md', 'What it is for'],
      ['docs/get_started.md', 'Get started'],
      ['docs/tutorial.md', 'Tutorial'],
      ['docs/ko/tutorial.md', '튜토리얼 (한국어)'],
      ['README.md', 'Overview and figures'],
    ],
  },
  {
    title: 'Coming from',
    pages: [
      ['docs/from_keras.md', 'Keras'],
      ['docs/from_tfjs.md', 'TensorFlow.js'],
      ['docs/from_pytorch.md', 'PyTorch'],
      ['docs/onnx.md', 'ONNX'],
      ['docs/keras_differences.md', 'Differences from Keras'],
    ],
  },
  {
    title: 'Guides',
    pages: [
      ['docs/recipes.md', 'Recipes'],
      ['docs/time_series.md', 'Time series'],
      ['docs/streams.md', 'Streams'],
      ['docs/serving.md', 'Serving'],
      ['docs/server.md', 'A server'],
      ['docs/command_line.md', 'The command line'],
      ['docs/training_in_a_service.md', 'Training in a service'],
      ['docs/deployment.md', 'Deployment'],
      ['docs/bundling.md', 'Bundling'],
      ['docs/performance.md', 'Performance'],
    ],
  },
  {
    title: 'Reference',
    pages: [
      ['docs/model_files.md', 'Model files and their safety'],
      ['docs/errors.md', 'Errors'],
      ['docs/numerics.md', 'Numerics and determinism'],
      ['docs/platforms.md', 'Platforms'],
      ['docs/reliability.md', 'Reliability'],
      ['bench/README.md', 'Benchmarks'],
      ['CHANGELOG.md', 'Changelog'],
      ['SECURITY.md', 'Security'],
    ],
  },
  {
    title: 'How it works',
    pages: [
      ['docs/architecture.md', 'Architecture'],
      ['CONTRIBUTING.md', 'Contributing'],
      ['docs/add_a_layer.md', 'Add a layer'],
      ['docs/add_a_kernel.md', 'Add a kernel'],
      ['docs/add_an_isa.md', 'Add an instruction set'],
      ['docs/releasing.md', 'Releasing'],
    ],
  },
];

/** The pages of the sidebar, as paths in the repository. */
export const PAGES = SIDEBAR.flatMap(({ pages }) => pages.map(([file]) => file));

/** Where a page lies on the site: docs/serving.md -> serving.md, README.md -> overview.md, bench/README.md -> bench.md. */
export function addressOf(file) {
  if (file.startsWith('docs/')) return file.slice('docs/'.length);
  if (file === 'README.md') return 'overview.md';
  return file.replace(/\/README\.md$/, '.md').toLowerCase();
}
