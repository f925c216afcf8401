// Lint rule: a field of a class is written in the file of the class. Others read it, and call methods to change it.
import ts from 'typescript';

/** @type {import('eslint').Rule.RuleModule} */
export default {
  meta: {
    type: 'problem',
    docs: { description: 'fields of a class are written in its own file alone' },
    messages: {
      foreign:
        '{{ owner }}.{{ field }} is written outside of its own file: give the class a method that says what happens.',
    },
    schema: [],
  },
  create(context) {
    const { program, esTreeNodeToTSNodeMap } = /** @type {any} */ (context.sourceCode.parserServices);
    if (!program) return {};
    const checker = program.getTypeChecker();

    /** @param {any} target what is written */
    function check(target) {
      if (target.type === 'ArrayPattern') target.elements.forEach((/** @type {any} */ each) => each && check(each));
      if (target.type !== 'MemberExpression' || target.object.type === 'ThisExpression') return;
      const symbol = checker.getSymbolAtLocation(esTreeNodeToTSNodeMap.get(target.property));
      const declaration = symbol?.valueDeclaration;
      const owner = declaration?.parent;
      const inClass = owner !== undefined && (ts.isClassLike(owner) || ts.isConstructorDeclaration(owner));
      const file = declaration?.getSourceFile().fileName;
      // The structures of the contract are C's: whoever is given one fills it in.
      if (!inClass || file === context.filename || /\/spi\/|\.d\.ts$/.test(file)) return;
      const named = ts.isConstructorDeclaration(owner) ? owner.parent : owner;
      context.report({
        node: target,
        messageId: 'foreign',
        data: { owner: named.name?.text ?? 'A class', field: symbol.name },
      });
    }

    return {
      /** @param {any} node */
      AssignmentExpression: (node) => check(node.left),
      /** @param {any} node */
      UpdateExpression: (node) => check(node.argument),
    };
  },
};
