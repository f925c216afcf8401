import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import ws2spi from './tools/lint/index.js';

// What the package is made of, beside tests and tools.
const ROOMS = [
  'index.ts',
  ...[
    'spi',
    'platform',
    'host',
    'io',
    'catalog',
    'tracing',
    'outputs',
    'recordings',
    'chain',
    'providers',
    'ws2_32',
    'node',
    'testkit',
    'cli',
  ].map((room) => `${room}/**/*.ts`),
];
const BELOW_NODE = ROOMS.filter((room) => !/^(node|cli)\//.test(room));

const NO_WAITING =
  'below node/ nothing waits but through the reactor: take time from `host.setTimer`, put off by `host.defer`';

export default defineConfig([
  globalIgnores([
    'dist/',
    '.compiled/',
    'coverage/',
    'node_modules/',
    'test/rooms/spi/fixtures/',
    '**/fixtures/damaged/',
  ]),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    plugins: { ws2spi },
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      'prefer-const': 'error',
      'no-var': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { ws2spi },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-fallthrough': 'off', // the compiler's
      'no-constant-binary-expression': 'error',
      'no-self-compare': 'error',
      'no-unreachable-loop': 'error',
      'no-console': 'error',
      'ws2spi/room-imports': ['error', { root: import.meta.dirname }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      '@typescript-eslint/no-duplicate-enum-values': 'error',
      '@typescript-eslint/no-this-alias': 'error',
      // The catalog's functions leave by a Failure, which is a WSA code and no defect: it carries no stack.
      '@typescript-eslint/only-throw-error': ['error', { allow: [{ from: 'file', name: 'Failure' }] }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-for-in-array': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/prefer-readonly': 'error',
    },
  },
  {
    files: ROOMS,
    rules: {
      'ws2spi/exports-documented': 'error',
      'ws2spi/no-circles': ['error', { root: import.meta.dirname }],
      'ws2spi/own-fields': 'error',
    },
  },
  {
    files: BELOW_NODE,
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval'].map((name) => ({ name, message: NO_WAITING })),
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:timers', 'node:timers/promises', 'timers', 'timers/promises', 'node:fs/promises'].map(
            (name) => ({ name, message: NO_WAITING }),
          ),
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: ':function[async=true]', message: `No async functions: ${NO_WAITING}.` },
        { selector: 'AwaitExpression', message: `No await: ${NO_WAITING}.` },
        { selector: 'NewExpression[callee.name="Promise"]', message: `No promises: ${NO_WAITING}.` },
        { selector: 'MemberExpression[object.name="Promise"]', message: `No promises: ${NO_WAITING}.` },
        {
          selector: 'MemberExpression[object.name="process"][property.name="nextTick"]',
          message: `No process.nextTick: ${NO_WAITING}.`,
        },
        {
          selector: 'MemberExpression[object.name=/^(globalThis|global)$/][property.name=/^set(Timeout|Interval)$/]',
          message: `No timers of Node.js: ${NO_WAITING}.`,
        },
      ],
    },
  },
  { files: ['cli/**', 'bench/**', 'examples/**', 'tools/**', 'test/**/fixtures/**'], rules: { 'no-console': 'off' } },
  {
    // Programs and tests: what they print is for people, and what they hand over is often wrong on purpose.
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', 'cli/**/*.ts'],
    rules: {
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/prefer-readonly': 'off',
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
]);
