// What goes wrong in a simulation: a plan that a seed makes, of which any part may be left out.
import type { SeededRandom } from '../../index.js';
import type { LinkProperty } from './links.js';
import type { SimulatedWorld } from './world.js';

/** The most of each kind of fault that a run has; each run has from none to so many, as its seed says. */
export interface SimulationFaults {
  /** Connections that are reset. */
  readonly resets?: number;
  /** Times in which a node refuses connections. */
  readonly refusals?: number;
  /** Times in which a node is cut off from all others: streams wait, or give up after 21 s; datagrams are lost. */
  readonly partitions?: number;
  /** Crashes of a node, which starts again some time later. */
  readonly crashes?: number;
  /** Times in which a node takes 10 kB a second, whatever is sent to it. */
  readonly slowReaders?: number;
  /** Times in which everything takes ten times as long to a node, and 100 ms more. */
  readonly delays?: number;
  /** Times in which half of the datagrams to a node are lost, and packets of streams come late. */
  readonly losses?: number;
  /** Times in which half of the datagrams to a node are overtaken by later ones. */
  readonly reorderings?: number;
  /** Jumps of a node's clock, up to a minute ahead. */
  readonly clockJumps?: number;
  /** Milliseconds within which faults begin; 10,000 if absent. */
  readonly within?: number;
  /** Milliseconds that a fault lasts at most; 5,000 if absent. */
  readonly longest?: number;
}

/** Milliseconds that a fault lasts at least. */
const SHORTEST = 50;
/** Milliseconds that a clock jumps at most. */
const FARTHEST_JUMP = 60_000;
const SLOW = 10_000;

/** A fault of a plan. */
export interface PlannedFault {
  /** Its number in the plan of its seed. */
  readonly index: number;
  readonly kind: FaultKind;
  /** When it begins, in milliseconds of the simulation. */
  readonly at: number;
  /** How long it lasts, in milliseconds. */
  readonly lasts: number;
  /** Whom it meets, from 0 to less than 1: by the order in which nodes, or connections, came. */
  readonly whom: number;
}

/** Does a fault; returns what it did, in words, or `null` when there was nobody to meet. */
type Deed = (world: SimulatedWorld, fault: PlannedFault) => string | null;

function toNode(deed: (world: SimulatedWorld, name: string, fault: PlannedFault) => string): Deed {
  return (world, fault) => {
    const names = world.names();
    const name = names[Math.floor(fault.whom * names.length)];
    return name === undefined ? null : deed(world, name, fault);
  };
}

/** Changes all links to a node for a while. */
function links(property: LinkProperty, value: (now: number) => number, what: string): Deed {
  return toNode((world, name, { lasts }) => {
    world.changeLinks(name, lasts, property, value);
    return `${what} ${name} for ${lasts} ms`;
  });
}

/** The kinds of faults, and what each does. */
const DEEDS = {
  resets: (world, { whom }) => world.resetConnection(whom),
  refusals: toNode((world, name, { lasts }) => {
    world.refuse(name, lasts);
    return `${name} refuses connections for ${lasts} ms`;
  }),
  partitions: toNode((world, name, { lasts }) => {
    world.isolate(name, lasts);
    return `${name} is cut off for ${lasts} ms`;
  }),
  crashes: toNode((world, name, { lasts }) => {
    world.crash(name, lasts);
    return `${name} crashes, and starts again after ${lasts} ms`;
  }),
  slowReaders: links('bandwidth', (before) => Math.min(before, SLOW), 'what is sent to a slow reader trickles:'),
  delays: links('latency', (before) => before * 10 + 100, 'everything is late to'),
  losses: links('loss', (before) => Math.max(before, 0.5), 'half of the packets are lost to'),
  reorderings: links('reordering', (before) => Math.max(before, 0.5), 'half of the datagrams are overtaken to'),
  clockJumps: toNode((world, name, { lasts, whom }) => {
    const far = Math.round(((whom * 7919) % 1) * FARTHEST_JUMP) + lasts;
    world.jumpClock(name, far);
    return `the clock of ${name} jumps ${far} ms ahead`;
  }),
} satisfies Record<string, Deed>;

/** A kind of fault. */
export type FaultKind = keyof typeof DEEDS;

/** All kinds. */
export const FAULT_KINDS = Object.keys(DEEDS) as readonly FaultKind[];

/** Makes the plan of a seed: the same one for the same seed and options. */
export function planOf(faults: SimulationFaults, random: SeededRandom): PlannedFault[] {
  const { within = 10_000, longest = 5_000 } = faults;
  const plan = FAULT_KINDS.flatMap((kind) => {
    // Each kind has chance of its own: with one kind more, the others stay as they were.
    const chance = random.fork(kind);
    const count = Math.floor(chance.next() * ((faults[kind] ?? 0) + 1));
    return Array.from({ length: count }, () => ({
      kind,
      at: Math.round(chance.next() * within),
      lasts: Math.round(SHORTEST * (Math.max(longest, SHORTEST) / SHORTEST) ** chance.next()),
      whom: chance.next(),
    }));
  });
  return plan.sort((one, other) => one.at - other.at).map((fault, index) => ({ index: index + 1, ...fault }));
}

/** Brings a fault about; what it did, in words. */
export function doFault(world: SimulatedWorld, fault: PlannedFault): string {
  return (DEEDS[fault.kind] as Deed)(world, fault) ?? `nobody is there for ${fault.kind}`;
}
