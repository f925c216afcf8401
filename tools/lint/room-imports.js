// Lint rule: holds the import column of the table of rooms (tools/lint/rooms.js, docs/architecture.md).
import { dirname, relative, resolve, sep } from 'node:path';
import { whyNotFile, whyNotPackage } from './rooms.js';

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'imports between rooms follow the table of docs/architecture.md' },
    messages: { wall: '{{ reason }} (the table of rooms: tools/lint/rooms.js).' },
    schema: [{ type: 'object', properties: { root: { type: 'string' } }, additionalProperties: false }],
  },
  create(context) {
    const root = context.options[0]?.root ?? context.cwd;
    const file = fromRoot(root, context.filename);

    /** @param {import('estree').Node | null | undefined} source */
    function check(source) {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const reason = whyNot(source.value);
      if (reason !== null) context.report({ node: source, messageId: 'wall', data: { reason } });
    }

    /** @param {string} specifier */
    function whyNot(specifier) {
      if (specifier.startsWith('.')) {
        return whyNotFile(file, fromRoot(root, resolve(dirname(context.filename), specifier)).replace(/\.js$/, '.ts'));
      }
      // The package by its own name.
      if (specifier === 'ws2spi') return whyNotFile(file, 'index.ts');
      if (specifier.startsWith('ws2spi/')) return whyNotFile(file, `${specifier.slice('ws2spi/'.length)}/index.ts`);
      return whyNotPackage(file, specifier);
    }

    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      /** @param {any} node `import('…').Type` */
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
    };
  },
};

/** @param {string} root @param {string} path */
function fromRoot(root, path) {
  return relative(root, path).split(sep).join('/');
}
