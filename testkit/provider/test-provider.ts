import { AF_INET, AF_INET6 } from '../../index.js';
import { checkOptions, type OptionRule } from '../../spi/option-check.js';
import { nearestName } from '../../spi/nearest-name.js';
import { ProviderWorld } from './provider-world.js';
import type { ProviderFactory } from './subject.js';
import { CAPABILITIES, type Capability, type CaseBody, type Declare } from './suite.js';
import { TOPICS } from './topics/index.js';

/** How a provider is to be tested; everything may be left out. */
export interface TestProviderOptions {
  /** The address families of its streams, the usual one first; AF_INET and AF_INET6 if absent. */
  readonly families?: readonly number[];
  /**
   * What not to try, and why: by a capability, by the title of a topic, or by the full name of a case. A reason must be
   * given, and a key that names nothing is an error.
   */
  readonly skips?: Readonly<Partial<Record<Capability, string>> & Record<string, string>>;
}

/** One case of the suite, for a test runner. */
export interface ProviderCase {
  /** The topic's title and a sentence. */
  readonly name: string;
  /** What it is about. */
  readonly topic: string;
  /** Why it is not tried; `null` for those that are. */
  readonly skip: string | null;
  /**
   * Tries it, in an instance of its own.
   *
   * @throws AssertionError telling what was not as it should be
   */
  run(): Promise<void>;
}

const RULES: Readonly<Record<keyof TestProviderOptions, OptionRule>> = {
  families: {
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number'),
    expected: 'an array of address families, such as [AF_INET]',
  },
  skips: {
    fits: (value) => typeof value === 'object' && value !== null,
    expected: 'an object with a reason for each capability, topic or case',
  },
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
 * @returns the cases, in the order of their topics
 * @throws TypeError when a skip names nothing that there is, or has no reason
 */
export function testProvider(factory: ProviderFactory, options: TestProviderOptions = {}): ProviderCase[] {
  checkOptions('testProvider', options, RULES);
  if (typeof factory !== 'function')
    throw new TypeError('testProvider: the first argument is a function that makes an instance');
  const families = options.families ?? [AF_INET, AF_INET6];
  const skips: Readonly<Record<string, string | undefined>> = options.skips ?? {};
  const cases: ProviderCase[] = [];
  for (const { title, needs, declare } of TOPICS) declare(declarer(title, needs));
  checkSkips(skips, cases);
  return cases;

  function declarer(title: string, needs: readonly Capability[]): Declare {
    const add = (sentence: string, body: CaseBody, alertableEventLoop = true): void => {
      const name = `${title} ${sentence}`;
      const skip = skips[name] ?? skips[title] ?? needs.map((capability) => skips[capability]).find(Boolean) ?? null;
      cases.push({ name, topic: title, skip, run: () => runCase(factory, families, body, alertableEventLoop) });
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

function checkSkips(skips: Readonly<Record<string, string | undefined>>, cases: readonly ProviderCase[]): void {
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

// eslint-disable-next-line no-restricted-syntax -- cases wait by promises
async function runCase(
  factory: ProviderFactory,
  families: readonly number[],
  body: CaseBody,
  alertableEventLoop: boolean,
): Promise<void> {
  const world = new ProviderWorld(factory({ alertableEventLoop }), families);
  let finished = false;
  try {
    // eslint-disable-next-line no-restricted-syntax -- cases wait by promises
    await body(world);
    finished = true;
  } finally {
    if (finished) world.close();
    else world.abandon();
  }
}
