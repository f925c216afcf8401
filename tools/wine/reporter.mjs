// Tells tools/wine/test.mjs of each test as it begins and as it ends: of one that never does, that it had begun.
const MARK = '@ws2spi ';

/** A test's name as vitest's `-t` matches it. */
function nameOf(test) {
  const names = [test.name];
  for (let at = test.parent; at?.type === 'suite'; at = at.parent) names.unshift(at.name);
  return names.join(' ');
}

function tell(record) {
  process.stdout.write(`\n${MARK}${JSON.stringify(record)}\n`);
}

const linesOf = ({ message = '', stack = '' }) => [
  message.replace(/\s+/g, ' '),
  ...stack.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('node_modules')),
];

function tellErrors(where) {
  for (const error of where.errors()) tell({ error: linesOf(error).slice(0, 4) });
}

/** A reporter of vitest's. */
export default class LineReporter {
  onTestCaseReady(test) {
    tell({ begun: nameOf(test) });
  }

  onTestCaseResult(test) {
    const { state, errors = [] } = test.result();
    tell({ ended: nameOf(test), state, why: errors.flatMap(linesOf).slice(0, 4) });
  }

  // Of a hook that failed its tests do not tell: they are skipped.
  onTestSuiteResult(suite) {
    tellErrors(suite);
  }

  onTestModuleEnd(module) {
    tellErrors(module);
  }

  onTestRunEnd(_modules, errors) {
    tellErrors({ errors: () => errors });
    tell({ over: true });
  }
}

/** The records in what a run wrote. @param {string} output */
export function recordsIn(output) {
  const lines = output.split(/\r?\n/).filter((line) => line.startsWith(MARK));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line.slice(MARK.length))];
    } catch {
      // Cut off when the run was ended.
      return [];
    }
  });
}
