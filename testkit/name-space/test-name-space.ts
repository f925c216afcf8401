import { checkMade, type WantedOfFactory } from '../check-made.js';
import { checkOptions, type OptionRule } from '../../spi/option-check.js';
import { nearestName } from '../../spi/nearest-name.js';
import type { NameSpaceFactory } from './subject.js';
import { NAME_SPACE_CAPABILITIES, type NameSpaceCapability, type NameSpaceCaseBody } from './suite.js';
import { NAME_SPACE_TOPICS } from './topics/index.js';
import { NameSpaceWorld } from './world.js';

/** How a name space is to be tested; everything may be left out. */
export interface TestNameSpaceOptions {
  /**
   * What not to try, and why: by a capability, by the title of a topic, or by the full name of a case. A reason must be
   * given, and a key that names nothing is an error.
   */
  readonly skips?: Readonly<Partial<Record<NameSpaceCapability, string>> & Record<string, string>>;
}

/** One case of the suite, for a test runner. */
export interface NameSpaceCase {
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
  run(): void;
}

const RULES: Readonly<Record<keyof TestNameSpaceOptions, OptionRule>> = {
  skips: {
    fits: (value) => typeof value === 'object' && value !== null,
    expected: 'an object with a reason for each capability, topic or case',
  },
};

/**
 * Declares the cases that every name space should pass: what a program may rely on, whoever answers. Hand them to any
 * test runner:
 *
 * ```ts
 * for (const { name, skip, run } of testNameSpace(factory)) test(name, { skip: skip ?? false }, run);
 * ```
 *
 * @param factory makes an instance and the name space, for each case anew
 * @param options what to skip
 * @returns the cases, in the order of their topics
 * @throws TypeError when a skip names nothing that there is, or has no reason
 */
export function testNameSpace(factory: NameSpaceFactory, options: TestNameSpaceOptions = {}): NameSpaceCase[] {
  checkOptions('testNameSpace', options, RULES);
  if (typeof factory !== 'function') {
    throw new TypeError('testNameSpace: the first argument is a function that makes an instance and a name space');
  }
  const skips: Readonly<Record<string, string | undefined>> = options.skips ?? {};
  const cases = NAME_SPACE_TOPICS.flatMap(({ title, cases: ofTopic }) =>
    ofTopic.map(({ sentence, needs, body }): NameSpaceCase => {
      const name = `${title} ${sentence}`;
      const skip = skips[name] ?? skips[title] ?? needs.map((capability) => skips[capability]).find(Boolean) ?? null;
      return { name, topic: title, skip, run: () => runCase(factory, body) };
    }),
  );
  checkSkips(skips, cases);
  return cases;
}

function checkSkips(skips: Readonly<Record<string, string | undefined>>, cases: readonly NameSpaceCase[]): void {
  const known = new Set<string>([...NAME_SPACE_CAPABILITIES, ...cases.flatMap(({ name, topic }) => [name, topic])]);
  for (const [key, reason] of Object.entries(skips)) {
    if (reason === undefined) continue;
    if (typeof reason !== 'string' || reason === '') {
      throw new TypeError(`testNameSpace: the skip of ${JSON.stringify(key)} needs a reason, in words`);
    }
    if (known.has(key)) continue;
    const meant = nearestName(key, known);
    throw new TypeError(
      `testNameSpace: there is no capability, topic or case ${JSON.stringify(key)} to skip` +
        (meant === null ? '' : `: did you mean ${JSON.stringify(meant)}?`),
    );
  }
}

const WANTED: WantedOfFactory = {
  suite: 'testNameSpace',
  example: '{ ws2, nameSpace, present }: an instance, the name space, and a query that finds something',
  members: [
    ['nameSpace', 'NSPStartup'],
    ['present', ''],
  ],
};

function runCase(factory: NameSpaceFactory, body: NameSpaceCaseBody): void {
  const made = factory();
  checkMade(made, WANTED);
  const world = new NameSpaceWorld(made);
  let finished = false;
  try {
    body(world);
    finished = true;
  } finally {
    if (finished) world.close();
    else world.abandon();
  }
}
