// Lint rule: every exported name has a docstring. Where a type and a value share a name, one docstring serves both;
// what is exported by `export { … }` is documented where it is declared.

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'suggestion',
    docs: { description: 'every exported name has a docstring' },
    messages: { missing: 'The export "{{ name }}" has no docstring (/** … */ right before it).' },
    schema: [],
  },
  create(context) {
    const { sourceCode } = context;

    /** @param {any} node */
    function isDocumented(node) {
      const comment = sourceCode.getCommentsBefore(node).at(-1);
      return (
        comment?.type === 'Block' &&
        comment.value.startsWith('*') &&
        // A word at least, and nothing but white space between.
        /\w/.test(comment.value) &&
        node.loc.start.line - /** @type {any} */ (comment).loc.end.line <= 1
      );
    }

    /** @param {any} program */
    function check(program) {
      /** @type {Map<string, { node: any, documented: boolean, exported: boolean }>} */
      const names = new Map();
      /** @type {Map<string, any>} names in `export { … }` without a source */
      const listed = new Map();
      for (const statement of program.body) {
        const isExport = statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration';
        const declaration = isExport ? statement.declaration : statement;
        if (statement.type === 'ExportNamedDeclaration' && statement.source === null) {
          for (const each of statement.specifiers) listed.set(each.local.name, each);
        }
        for (const { name, node } of declared(declaration)) {
          const seen = names.get(name);
          const documented = isDocumented(statement) || (node !== declaration && isDocumented(node));
          names.set(name, {
            node: seen?.node ?? node,
            documented: documented || seen?.documented === true,
            exported: isExport || seen?.exported === true,
          });
        }
      }
      for (const [name, { node, documented, exported }] of names) {
        if (!documented && (exported || listed.has(name))) {
          context.report({ node: node.id ?? node, messageId: 'missing', data: { name } });
        }
      }
    }

    return { 'Program:exit': check };
  },
};

/**
 * The names that a declaration introduces.
 *
 * @param {any} declaration
 * @returns {{ name: string, node: any }[]}
 */
function declared(declaration) {
  if (!declaration) return [];
  if (declaration.type === 'VariableDeclaration') {
    return declaration.declarations.flatMap((/** @type {any} */ each) =>
      namesIn(each.id).map((name) => ({ name, node: each })),
    );
  }
  if (/Declaration$|^TSDeclareFunction$/.test(declaration.type) && declaration.id?.name !== undefined) {
    return [{ name: declaration.id.name, node: declaration }];
  }
  return [];
}

/**
 * @param {any} pattern
 * @returns {string[]}
 */
function namesIn(pattern) {
  if (pattern.type === 'Identifier') return [pattern.name];
  if (pattern.type === 'ObjectPattern') {
    return pattern.properties.flatMap((/** @type {any} */ each) => namesIn(each.value ?? each.argument));
  }
  if (pattern.type === 'ArrayPattern') return pattern.elements.flatMap((/** @type {any} */ each) => namesIn(each));
  return [];
}
