// Every code that is documented for a function is brought about, by each way there is, or has a reason why it cannot
// be.
import { afterAll, describe, expect, it, test } from 'vitest';
import { NO_LAYERS, World, type Base } from '../../support/providers.js';
import { callOnce, numberOf, type Condition, type Outcome } from './condition.js';
import { CONNECTION_CONDITIONS } from './connection-conditions.js';
import { codesOf, DOCUMENTED_CODES, type DocumentedFunction } from './documented-codes.js';
import { exceptionOf, EXCEPTIONS } from './exceptions.js';
import { faultyOptions, type Faults, type SystemOperation } from './faults.js';
import type { Arguments, FunctionRow } from './function-row.js';
import { FUNCTIONS } from './functions.js';
import { GENERAL_CONDITIONS, SYSTEM_ERRORS } from './general-conditions.js';
import { MESSAGE_CONDITIONS } from './message-conditions.js';
import { OTHER_CONDITIONS } from './other-conditions.js';
import { PORT_RESERVATION_CONDITIONS } from './port-reservations.js';
import { closeFile, enter, openFile, SILENT } from './states.js';
import { TRANSFER_CONDITIONS } from './transfer-conditions.js';

const CONDITIONS = [
  ...PORT_RESERVATION_CONDITIONS,
  ...GENERAL_CONDITIONS,
  ...TRANSFER_CONDITIONS,
  ...CONNECTION_CONDITIONS,
  ...MESSAGE_CONDITIONS,
  ...OTHER_CONDITIONS,
];
const BASES: readonly Base[] = ['memory', 'tcpip'];

openFile();
afterAll(closeFile);

/** Brings a condition about, and calls the function: once for each of its variations. */
function outcomes(base: Base, row: FunctionRow, condition: Partial<Condition>): Outcome[] {
  const faults: Faults = new Map();
  const world = new World(base, NO_LAYERS, { ...faultyOptions(base, faults, SILENT), ...condition.options?.() });
  let finished = false;
  try {
    const given = enter(world, faults, condition.state?.(row) ?? row.state);
    const usual = row.arguments(given);
    const changes = condition.arrange?.(given, usual, row) ?? {};
    const found = (Array.isArray(changes) ? changes : [changes]).map((change: Arguments) => {
      const args = { ...usual, ...change };
      const call = (): Outcome => callOnce(given, row, args);
      return condition.observe?.(given, call, row, args) ?? call();
    });
    faults.clear();
    // The world is closed as it was opened.
    while (world.ws2.WSACleanup() === 0);
    world.ws2.WSAStartup(0x0202, {});
    finished = true;
    return found;
  } finally {
    if (finished) world.close();
    else world.abandon();
  }
}

/** Every way to a code that can be gone with a function at all, though it is not meant for it. */
function attempts(code: string): Partial<Condition>[] {
  const everything: Partial<Condition> = {
    arrange({ faults }) {
      for (const [operation, codes] of Object.entries(SYSTEM_ERRORS)) {
        if (codes.split(' ').includes(code)) faults.set(operation as SystemOperation, numberOf(code));
      }
    },
  };
  return [everything, ...CONDITIONS.filter((condition) => condition.code === code && !condition.particular)].map(
    (condition) => ({
      ...condition,
      arrange(given, args, of) {
        // Whoever would wait says so instead.
        if (of.waitsFor !== undefined && given.s !== 0) given.world.nonBlocking(given.s);
        const changes = condition.arrange?.(given, args, of) ?? {};
        return [changes].flat().map((change) => known(change, args));
      },
    }),
  );
}

/** Those of the arguments that the function has. */
function known(change: Arguments, args: Arguments): Arguments {
  return Object.fromEntries(Object.entries(change).filter(([name]) => name in args));
}

/** What an attempt came to; nothing where it cannot even be made. */
function tryAttempt(base: Base, row: FunctionRow, attempt: Partial<Condition>): Outcome[] {
  try {
    return outcomes(base, row, attempt);
  } catch {
    return [];
  }
}

function waysTo(row: FunctionRow, code: string): Condition[] {
  return CONDITIONS.filter((condition) => condition.code === code && condition.of(row));
}

describe('the table of functions', () => {
  it('has every function with documented codes once', () => {
    expect(FUNCTIONS.map(({ name }) => name).sort()).toEqual(Object.keys(DOCUMENTED_CODES).sort());
  });

  it('names only codes that there are', () => {
    for (const { name } of FUNCTIONS) for (const code of codesOf(name)) expect(numberOf(code)).toBeTypeOf('number');
  });

  it('has no exception for a function or a code that is not documented', () => {
    for (const { functions, codes } of EXCEPTIONS) {
      const names = functions.split(' ');
      for (const code of codes.split(' ')) {
        const documented = names.filter((name) => codesOf(name as DocumentedFunction).includes(code));
        expect(documented, code).toEqual(names);
      }
    }
  });
});

for (const base of BASES) {
  describe(`documented codes: ${base}`, () => {
    it('have no exception that can be brought about after all', () => {
      const made: string[] = [];
      for (const row of FUNCTIONS) {
        for (const code of codesOf(row.name).filter((each) => exceptionOf(row.name, each, base) !== undefined)) {
          const found = attempts(code).flatMap((attempt) => tryAttempt(base, row, attempt));
          expect(found.length, `attempts at ${row.name} ${code}`).toBeGreaterThan(0);
          if (found.some((outcome) => outcome.code === numberOf(code))) made.push(`${row.name} ${code}`);
        }
      }
      expect(made).toEqual([]);
    });

    for (const row of FUNCTIONS) {
      describe(row.name, () => {
        it('succeeds with good arguments', () => {
          const { code } = outcomes(base, row, {})[0]!;
          expect(code).toBe(row.name === 'ConnectEx' ? numberOf('WSA_IO_PENDING') : 0);
        });

        for (const code of codesOf(row.name)) {
          const exception = exceptionOf(row.name, code, base);
          const ways = waysTo(row, code);
          if (exception !== undefined) {
            test.skip(`${code} [${exception.why}]`, () => undefined);
            continue;
          }
          if (ways.length === 0) it(`${code} has a way to it, or an exception`, () => expect.fail('it has neither'));
          for (const way of ways) {
            it(`${code} ${way.when}`, () => {
              const expected = { result: row.failure ?? numberOf(code), code: numberOf(code) };
              const found = outcomes(base, row, way);
              expect(found).not.toEqual([]);
              for (const outcome of found) expect(outcome).toEqual(expected);
            });
          }
        }
      });
    }
  });
}
