import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const TIMERS = [
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
  ...['queueMicrotask', 'performance', 'Date', 'globalThis', 'global'],
];
const TIMER_MODULES = ['timers', 'timers/promises', 'perf_hooks'].flatMap((name) => [name, `node:${name}`]);
const TIMERS_MESSAGE = 'Tests replace it: take it from lib/util/timers.ts, which keeps what the process began with.';
const NAMES_MESSAGE = 'Bundlers rename classes and functions: declare the name as data (className).';

export default tseslint.config(
  { ignores: ['build/', 'build-*/', '**/dist/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always'],
    },
  },
  {
    // Bundlers follow the literal requires of binaries.
    files: ['lib/native/prebuilds.ts'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    // Names are data, and timers those that the process began with.
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[
          '[object.property.name="constructor"]',
          '[object.name=/^[A-Z].*[a-z]/]',
          '[object.type="MetaProperty"]',
        ].map((object) => ({ selector: `MemberExpression${object}[property.name="name"]`, message: NAMES_MESSAGE })),
      ],
    },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: ['lib/util/timers.ts'],
    rules: {
      'no-restricted-globals': ['error', ...TIMERS.map((name) => ({ name, message: TIMERS_MESSAGE }))],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...TIMER_MODULES.map((name) => ({ name, message: TIMERS_MESSAGE })),
            { name: 'node:crypto', message: 'It is loaded late: take it from lib/util/crypto.ts.' },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        ...['nextTick', 'hrtime'].map((property) => ({ object: 'process', property, message: TIMERS_MESSAGE })),
        { object: 'AbortSignal', property: 'timeout', message: TIMERS_MESSAGE },
        { object: 'Math', property: 'random', message: 'Draw from lib/util/seeds.ts.' },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        module: 'writable',
        __dirname: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        AbortController: 'readonly',
        setTimeout: 'readonly',
        setImmediate: 'readonly',
        performance: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
