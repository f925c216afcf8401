/* eslint-disable no-restricted-syntax -- cases wait by promises */
import { AF_INET, AF_INET6 } from '../../index.js';
import { checkOptions, numberThat, type OptionRule } from '../../spi/option-check.js';
import { nearestName } from '../../spi/nearest-name.js';
import { checkMade, type WantedOfFactory } from '../check-made.js';
import { explain } from './explain.js';
import { ProviderWorld } from './provider-world.js';
import { ProviderCases } from './report.js';
import type { ProviderFactory } from './subject.js';
import { CAPABILITIES, type Capability, type CaseBody, type Declare } from './suite.js';
import { TOPICS } from './topics/index.js';
import { GivenUp, settled, withinTime } from './watchdog.js';

/** How a provider is to be tested; everything may be left out. */
export interface TestProviderOptions {
  /** The address families of its streams, the usual one first; AF_INET and AF_INET6 if absent. */
  readonly families?: readonly number[];
  /**
   * What not to try, and why: by a capability, by the title of a topic, or by the full name of a case. A reason must be
   * given, and a key that names nothing is an error.
   */
  readonly skips?: Readonly<Partial<Record<Capability, string>> & Record<string, string>>;
  /** Real milliseconds after which a case that never returns is given up, and has failed; 15,000 if absent. */
  readonly patience?: number;
}

/** Real milliseconds for a case, and for the run of one that failed in which its calls are listened to. */
const PATIENCE = 15_000;
const PATIENCE_FOR_CALLS = 2000;
/** The part of its time that a case goes round in a loop for on a machine that has nothing else to do. */
const ALMOST_ALL = 0.8;
/** How many times as long a case may take where others have the processor. */
const MOST_LONGER = 8;
/** Calls kept of that run; the last ones count. */
const KEPT_CALLS = 100;

const RULES: Readonly<Record<keyof TestProviderOptions, OptionRule>> = {
  families: {
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number'),
    expected: 'an array of address families, such as [AF_INET]',
  },
  skips: {
    fits: (value) => typeof value === 'object' && value !== null,
    expected: 'an object with a reason for each capability, topic or case',
  },
  patience: numberThat((value) => value >= 1 && value < 2 ** 31, 'milliseconds, 1 or more'),
};

/**
 * Declares the cases that every provider of the service provider interface should pass: what a program may rely on
 * under each I/O model, whatever lies below. Hand them to any test runner:
 *
 * ```ts
 * for (const { name, skip, run } of testProvider(factory)) test(name, { skip: skip ?? false }, run);
 * ```
 *
 * @param factory makes an instance with the provider, for each case anew
 * @param options families, and what to skip
 * @returns the cases, in the order of their topics; their `report()` says what was proved so far, and `prove()` runs them without a
 *   test runner
 * @throws TypeError when a skip names nothing that there is, or has no reason
 */
export function testProvider(factory: ProviderFactory, options: TestProviderOptions = {}): ProviderCases {
  checkOptions('testProvider', options, RULES);
  if (typeof factory !== 'function')
    throw new TypeError('testProvider: the first argument is a function that makes an instance');
  const families = options.families ?? [AF_INET, AF_INET6];
  const patience = options.patience ?? PATIENCE;
  const skips: Readonly<Record<string, string | undefined>> = options.skips ?? {};
  const cases = new ProviderCases();
  for (const { title, needs, declare } of TOPICS) declare(declarer(title, needs));
  checkSkips(skips, cases);
  return cases;

  function declarer(title: string, needs: readonly Capability[]): Declare {
    const add = (sentence: string, body: CaseBody, alertableEventLoop = true): void => {
      const name = `${title} ${sentence}`;
      const skip = skips[name] ?? skips[title] ?? needs.map((capability) => skips[capability]).find(Boolean) ?? null;
      const trial: Trial = { name, factory, families, body, alertableEventLoop, patience };
      cases.push({ name, topic: title, skip, run: () => runCase(trial, (error) => cases.tell(name, error)) });
    };
    return {
      families,
      it: add,
      withExplicitWaits: (sentence, body) => add(sentence, body, false),
      onEveryFamily(sentence, body) {
        for (const family of families) add(`${sentence} (${familyName(family)})`, (world) => body(world, family));
      },
      needs: (...others) => declarer(title, [...needs, ...others]),
    };
  }
}

function familyName(family: number): string {
  return family === AF_INET ? 'IPv4' : family === AF_INET6 ? 'IPv6' : `family ${family}`;
}

function checkSkips(skips: Readonly<Record<string, string | undefined>>, cases: ProviderCases): void {
  const known = new Set<string>([...CAPABILITIES, ...cases.flatMap(({ name, topic }) => [name, topic])]);
  for (const [key, reason] of Object.entries(skips)) {
    if (reason === undefined) continue;
    if (typeof reason !== 'string' || reason === '') {
      throw new TypeError(`testProvider: the skip of ${JSON.stringify(key)} needs a reason, in words`);
    }
    if (known.has(key)) continue;
    const meant = nearestName(key, [...known]);
    throw new TypeError(
      `testProvider: there is no capability, topic or case ${JSON.stringify(key)} to skip` +
        (meant === null ? '' : `: did you mean ${JSON.stringify(meant)}?`),
    );
  }
}

/** A case, and what it is tried with. */
interface Trial {
  readonly name: string;
  readonly factory: ProviderFactory;
  readonly families: readonly number[];
  readonly body: CaseBody;
  readonly alertableEventLoop: boolean;
  readonly patience: number;
}

/** Runs a case; one that fails is run once more for the calls that it makes, and says what it failed with. */
async function runCase(trial: Trial, tell: (error: Error | null) => void): Promise<void> {
  const defects: string[] = [];
  try {
    await tryPatiently(trial, defects);
  } catch (error) {
    const calls: string[] = [];
    const keep = (line: string): void => {
      if (calls.push(line) > 2 * KEPT_CALLS) calls.splice(0, KEPT_CALLS);
    };
    const again = { ...trial, patience: Math.min(trial.patience, PATIENCE_FOR_CALLS) };
    await tryCase(again, [], keep).catch(() => undefined);
    const explained = explain(error, { name: trial.name, defects, calls });
    tell(explained);
    throw explained;
  }
  tell(null);
}

/** Tries a case; one that was given up where others had the processor meanwhile has as much of it in a second try. */
async function tryPatiently(trial: Trial, defects: string[]): Promise<void> {
  try {
    await tryCase(trial, defects, null);
  } catch (error) {
    const wasBusyElsewhere = error instanceof GivenUp && error.worked < error.milliseconds * ALMOST_ALL;
    if (!wasBusyElsewhere) throw error;
    const longer = Math.min(error.milliseconds / Math.max(error.worked, 1), MOST_LONGER);
    defects.length = 0;
    await tryCase({ ...trial, patience: Math.ceil(trial.patience * longer) }, defects, null);
  }
}

const WANTED: WantedOfFactory = {
  suite: 'testProvider',
  example: '{ ws2, entries: stack(ws2, [layer]) }',
};

async function tryCase(
  { factory, families, body, alertableEventLoop, patience }: Trial,
  defects: string[],
  onCall: ((line: string) => void) | null,
): Promise<void> {
  const made = factory({ alertableEventLoop });
  checkMade(made, WANTED);
  const world = new ProviderWorld(made, families);
  world.ws2.on('defect', ({ message }) => void defects.push(message));
  if (onCall !== null) {
    world.ws2.debug.trace({
      match: 'WSP*',
      colours: false,
      to: (text) => {
        for (const line of text.trimEnd().split('\n')) onCall(line);
      },
    });
  }
  let finished = false;
  try {
    await settled(
      patience,
      withinTime(patience, () => body(world)),
    );
    finished = true;
  } finally {
    if (finished) world.close();
    else world.abandon();
  }
}
