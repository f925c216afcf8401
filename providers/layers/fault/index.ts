/**
 * The layer that has things go wrong: connections are refused, reset, held up, cut, corrupted or sliced, datagrams lost, doubled or late,
 * by seeded chance or at an exact place; the same seed gives the same run.
 *
 * @module
 */
import {
  createCodecProvider,
  createLayerStartup,
  defineLayer,
  type CodecConnection,
  type FilterRequest,
  type Layer,
} from '../../../chain/index.js';
import { seededRandom } from '../../../host/random.js';
import { SOCK_STREAM, type LPWSPSTARTUP } from '../../../spi/index.js';
import { checkOptions } from '../../../spi/option-check.js';
import { DatagramFaults } from './datagram-faults.js';
import { Journal, type FaultEvent } from './journal.js';
import { OPTION_RULES, rulesOf, SETTING_RULES, type FaultSettings } from './options.js';
import { Plan, type FaultHost, type Subject } from './plan.js';
import { StreamFaults } from './stream-faults.js';

export type { FaultEvent } from './journal.js';
export type { FaultDirection, FaultKind, FaultRule, FaultSettings, RefusalName } from './options.js';

/** The faults to begin with, and what the layer is; without any fault it is not in the way at all, unless it stands by. */
export interface FaultOptions extends FaultSettings {
  /** The seed, a number or a text; one of the system's chance if absent, which `faults.seed` tells. */
  readonly seed?: number | string;
  /** Whether the layer is in the way without faults, for `faults.set` to change that; false if absent. */
  readonly standby?: boolean;
  /** Told of each fault as it happens; what it throws is the layer's defect. */
  readonly onFault?: (event: FaultEvent) => void;
  /** The layer's name; `fault` if absent. */
  readonly name?: string;
}

/** The faults of a layer, while it runs. */
export interface Faults {
  /** What chance began with: the same seed and the same program give the same run. */
  readonly seed: number | string;
  /** What happened, the latest ten thousand. */
  readonly log: readonly FaultEvent[];
  /** How much happened in all. */
  readonly count: number;
  /** A hash of all that happened, in its order, without times: two runs that give the same one met the same faults at the same places. */
  digest(): string;
  /**
   * Has other faults in place of all before, for connections that are there too: what stands still goes on, and places are counted, and
   * drawn, from where each is.
   *
   * @throws TypeError for what there is not, or cannot be so; Error for a layer that is not in the way
   */
  set(settings: FaultSettings): void;
}

/** The layer, and its faults. */
export interface FaultLayer extends Layer {
  readonly faults: Faults;
}

const VERSION = '1.0.0';

/**
 * Makes a layer that has things go wrong.
 *
 * @param options what goes wrong to begin with
 * @throws TypeError for an option or rule that there is not, or that cannot be so; it names it and what it must be
 */
export function fault(options: FaultOptions = {}): FaultLayer {
  checkOptions('fault', options, OPTION_RULES);
  const { name = 'fault', standby = false, onFault, seed = Math.floor(Math.random() * 2 ** 32) } = options;
  const rules = rulesOf('fault', options);
  const journal = new Journal(onFault);
  const plan = new Plan(rules, seededRandom(seed), journal);
  const isInTheWay = standby || rules.length > 0;
  const faults: Faults = {
    seed,
    get log() {
      return journal.events;
    },
    get count() {
      return journal.count;
    },
    digest: () => journal.digest(),
    set(settings) {
      checkOptions('faults.set', settings, SETTING_RULES);
      const changed = rulesOf('faults.set', settings);
      if (!isInTheWay) {
        throw new Error(
          `faults.set: layer "${name}" was made without faults and is not in the way: make it with standby: true`,
        );
      }
      plan.set(changed);
    },
  };
  if (!isInTheWay) return { ...defineLayer({ name, version: VERSION }), faults };
  const WSPStartup = createLayerStartup(`${name} ${VERSION}`, (context, table) => {
    const { host } = context;
    const provider = createCodecProvider(context, {
      name,
      codec(connection) {
        const subject = subjectOf(plan, connection, host);
        const codec = new StreamFaults(subject);
        subject.enters(codec);
        return codec;
      },
      datagrams() {
        const subject = plan.next('datagrams', host);
        const codec = new DatagramFaults(subject);
        subject.enters(codec);
        return codec;
      },
      filters: {
        connect: (request) => ask(plan, request, host),
        accept: (request) => ask(plan, request, host),
      },
      filterTimeout: Infinity,
    });
    Object.assign(table, provider);
  });
  return { name, version: VERSION, ifs: false, WSPStartup, faults };
}

/** The layer as a provider, for catalogs: without faults, and so not in the way. */
export const WSPStartup: LPWSPSTARTUP = fault().WSPStartup;

/** The connection as the faults know it, from the question about it on. */
function subjectOf(plan: Plan, { state, role }: CodecConnection, host: FaultHost): Subject {
  const asked = state['subject'] as Subject | undefined;
  if (asked !== undefined) return asked;
  return (state['subject'] = plan.next(role, host)) as Subject;
}

/** Refuses a connect, or a caller, that is to be refused. */
function ask(plan: Plan, request: FilterRequest, host: FaultHost): void {
  const { connection } = request;
  if (connection === null || connection.entry.iSocketType !== SOCK_STREAM) return;
  // A socket may connect again after it was refused.
  delete connection.state['subject'];
  const subject = subjectOf(plan, connection, host);
  const rule = subject.refusal();
  if (rule === null) return;
  const refuse = (): void => {
    subject.happened('refuse', null, 0);
    request.refuse(rule.code);
  };
  if ((rule.after ?? 0) === 0) return refuse();
  request.wait();
  host.setTimer(host.clock.now() + rule.after!, refuse);
}
