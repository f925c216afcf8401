// Every scenario on this project, on both base providers, against what Wine did.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXCEPTIONS, expectedTrace, met } from './comparison.js';
import { LAST_ERROR_AFTER_SUCCESS } from './exceptions.js';
import { runScenario, type Base } from './instance-run.js';
import { GROUPS } from './scenarios/index.js';
import { parseTraces, traceOf } from './trace.js';

const BASES: readonly Base[] = ['memory', 'tcpip'];

for (const group of GROUPS) {
  const traces = parseTraces(readFileSync(new URL(`traces/${group.name}.txt`, import.meta.url), 'utf8'));

  test(`the traces of "${group.name}" are those of its scenarios`, () => {
    expect([...traces.keys()]).toEqual(group.scenarios.map(({ title }) => title));
  });

  for (const base of BASES) {
    describe(`${group.name}: ${base}`, () => {
      for (const scenario of group.scenarios) {
        test(scenario.title, () => {
          const lines = traceOf(scenario, runScenario(scenario, base));
          expect(lines).toEqual(expectedTrace(traces.get(scenario.title)!, scenario, base));
        });
      }
    });
  }
}

test('every exception is of a scenario', () => {
  const known = new Set(GROUPS.flatMap(({ scenarios }) => scenarios.map(({ group, title }) => `${group}: ${title}`)));
  const named = EXCEPTIONS.map(({ scenario }) => scenario);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('every function whose last error differs after a success was met', () => {
  expect(Object.keys(LAST_ERROR_AFTER_SUCCESS).filter((name) => !met.has(name))).toEqual([]);
});
