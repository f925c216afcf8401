// The conversations of a recording, by where they lead.
import {
  endpointText,
  shownBytes,
  type Endpoint,
  type Recording,
  type Substitution,
} from '../../../recordings/index.js';
import { sortPlans } from './candidates.js';
import { DatagramPlan } from './datagram-plan.js';
import { planOf, type Plan } from './plan.js';

/** Those of one destination. */
export interface Destination {
  /** In the order of the recording. */
  readonly inOrder: readonly Plan[];
  /** Those that led to a connection, as `Candidates` wants them; where none did, one that failed. */
  readonly sorted: readonly Plan[];
  /** How many of them were given away, from the first on. */
  given: number;
}

/** Those of one listener. */
export interface Arrivals {
  readonly port: number;
  readonly plans: readonly Plan[];
  /** Whether somebody has listened there. */
  listened: boolean;
  /** How many have come. */
  come: number;
  /** How many of them are over. */
  over: number;
}

/** What a recording has, ready to be played. */
export class Library {
  readonly #byAddress = new Map<string, Destination>();
  readonly #byName = new Map<string, Destination>();
  readonly #arrivals: Arrivals[] = [];
  readonly datagrams: readonly DatagramPlan[];
  /** All conversations of stream sockets, in the order of the recording. */
  readonly streams: readonly Plan[];

  /**
   * @param recording what was read
   * @param variation what may be another each time; `null` for nothing
   */
  constructor(
    readonly recording: Recording,
    variation: Substitution | null,
  ) {
    const byAddress = new Map<string, Plan[]>();
    const byName = new Map<string, Plan[]>();
    const byPort = new Map<number, Plan[]>();
    const datagrams: DatagramPlan[] = [];
    const streams: Plan[] = [];
    recording.conversations.forEach((conversation, order) => {
      const { kind, endpoint, name } = conversation;
      if (kind === 'datagrams') return datagrams.push(new DatagramPlan(conversation, variation));
      const plan = planOf(conversation, variation, order);
      streams.push(plan);
      if (kind === 'accept') return addTo(byPort, endpoint!.port, plan);
      if (name !== null) addTo(byName, nameKey(name, endpoint!.port), plan);
      return addTo(byAddress, endpointText(endpoint!), plan);
    });
    for (const [key, plans] of byAddress) this.#byAddress.set(key, destinationOf(plans));
    for (const [key, plans] of byName) this.#byName.set(key, destinationOf(ofTheName(plans)));
    // Whoever nobody came to listens at its port as well, and at no other's.
    for (const { port } of recording.listeners) if (!byPort.has(port)) byPort.set(port, []);
    const ports = [...new Set([...recording.listeners.map(({ port }) => port), ...byPort.keys()])];
    for (const port of ports) {
      const plans = byPort.get(port)!;
      this.#arrivals.push({ port, plans, listened: false, come: 0, over: 0 });
    }
    this.datagrams = datagrams;
    this.streams = streams;
  }

  /**
   * Where a program connects to.
   *
   * @param names the host's, as far as they are known; the last one counts first
   */
  destination(to: Endpoint, names: readonly string[]): Destination | null {
    for (const name of names.toReversed()) {
      const named = this.#byName.get(nameKey(name, to.port));
      if (named !== undefined) return named;
    }
    return this.#byAddress.get(endpointText(to)) ?? null;
  }

  /** Who came to a port; `null` when nobody did. */
  arrivals(port: number): Arrivals | null {
    return this.#arrivals.find((each) => each.port === port) ?? null;
  }

  /** The ports that programs listened at, in order: those first at which nobody has listened yet, then those where somebody is to come. */
  get expectedPorts(): readonly number[] {
    const ports = (of: (arrivals: Arrivals) => boolean): number[] => this.#arrivals.filter(of).map(({ port }) => port);
    return [
      ...ports(({ listened }) => !listened),
      ...ports(({ listened, plans, come }) => listened && come < plans.length),
    ];
  }

  /** Where the recording leads, for messages. */
  get places(): readonly string[] {
    const names = [...this.#byName.keys()].map((key) => shownBytes(Buffer.from(key.replace(/ (?=\d+$)/, ':'))));
    return [...names, ...this.#byAddress.keys()];
  }
}

function addTo<K>(map: Map<K, Plan[]>, key: K, plan: Plan): number {
  const plans = map.get(key);
  if (plans === undefined) map.set(key, [plan]);
  return plans?.push(plan) ?? 1;
}

function nameKey(name: string, port: number): string {
  return `${name.toLowerCase()} ${port}`;
}

/**
 * Those of a name, which has one address as it is played. Where another address of it led to a connection, or was tried last,
 * connects to an address that never did are not the name's: who had recorded had gone on to the next one.
 */
function ofTheName(plans: readonly Plan[]): readonly Plan[] {
  const addressOf = ({ conversation }: Plan): string => conversation.endpoint!.address;
  const connected = plans.filter(({ failure }) => failure === null);
  const addresses = new Set((connected.length > 0 ? connected : plans.slice(-1)).map(addressOf));
  return plans.filter((plan) => addresses.has(addressOf(plan)));
}

function destinationOf(plans: readonly Plan[]): Destination {
  const connected = plans.filter(({ failure }) => failure === null);
  return { inOrder: plans, sorted: connected.length > 0 ? sortPlans(connected) : plans.slice(0, 1), given: 0 };
}

/** The next conversation in order, alone, that nobody was given by another name of its destination; none when all were given. */
export function nextOf(destination: Destination): readonly Plan[] {
  const { inOrder } = destination;
  while (inOrder[destination.given]?.given === true) destination.given++;
  const next = inOrder[destination.given];
  if (next === undefined) return [];
  next.given = true;
  return [next];
}
