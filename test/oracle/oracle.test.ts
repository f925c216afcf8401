// Every scenario on this project, on both base providers, against what Wine did.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXCEPTIONS, type Exception } from './exceptions.js';
import { missingFunctions, runScenario, type Base } from './instance-run.js';
import type { Scenario } from './scenario.js';
import { GROUPS } from './scenarios/index.js';
import { parseTraces, traceOf } from './trace.js';

const BASES: readonly Base[] = ['memory', 'tcpip'];

function exceptionsOf(scenario: Scenario, base: Base): Exception[] {
  return EXCEPTIONS.filter(
    (one) => one.group === scenario.group && one.scenario === scenario.title && (one.base ?? base) === base,
  );
}

/** Wine's trace, with what is known to differ put right. */
function expected(recorded: readonly string[], exceptions: readonly Exception[]): string[] {
  const lines = [...recorded];
  for (const { wine, here, scenario } of exceptions) {
    const place = lines.indexOf(wine);
    expect(place, `${scenario}: Wine's trace has the line of the exception: ${wine}`).toBeGreaterThanOrEqual(0);
    expect(here, `${scenario}: the exception differs from Wine`).not.toBe(wine);
    if (here === '') lines.splice(place);
    else lines[place] = here;
  }
  return lines;
}

for (const group of GROUPS) {
  const traces = parseTraces(readFileSync(new URL(`traces/${group.name}.txt`, import.meta.url), 'utf8'));

  test(`the traces of "${group.name}" are those of its scenarios`, () => {
    expect([...traces.keys()]).toEqual(group.scenarios.map(({ title }) => title));
  });

  for (const base of BASES) {
    describe(`${group.name}: ${base}`, () => {
      for (const scenario of group.scenarios) {
        const missing = missingFunctions(scenario);
        if (missing.length > 0) {
          test.skip(`${scenario.title} [there is no ${missing.join(', ')} yet]`, () => undefined);
          continue;
        }
        test(scenario.title, () => {
          const lines = traceOf(scenario, runScenario(scenario, base));
          expect(lines).toEqual(expected(traces.get(scenario.title)!, exceptionsOf(scenario, base)));
        });
      }
    });
  }
}

test('every exception is of a scenario', () => {
  const known = new Set(GROUPS.flatMap(({ scenarios }) => scenarios.map(({ group, title }) => `${group}: ${title}`)));
  expect(EXCEPTIONS.map((one) => `${one.group}: ${one.scenario}`).filter((name) => !known.has(name))).toEqual([]);
});
