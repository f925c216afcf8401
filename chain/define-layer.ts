import { WSPPROC_NAMES, type LPWSPSTARTUP, type WSPPROC_TABLE } from '../spi/index.js';
import type { AnyFunction } from '../spi/wrap-table.js';
import { cureOf } from '../spi/layer-rules.js';
import { nearestNameAdvice } from '../spi/nearest-name.js';
import { isThenable, kindOf } from '../spi/answers.js';
import { createCodecProvider, type CodecFactory, type DatagramCodecFactory } from './codec/index.js';
import {
  installFilters,
  type AcceptFilter,
  type BindFilter,
  type CodecConnection,
  type ConnectFilter,
  type Filters,
} from './filters/index.js';
import { createLayerStartup, fillPassThroughTable, PassThroughProvider, type LayerContext } from './layer/index.js';

type FunctionOf<Slot> = Slot extends `lp${infer Name extends string}` ? Name : never;

/** The lower table's functions by their names, each told of the lower table first. */
export type LayerOverrides = {
  [Slot in keyof WSPPROC_TABLE as FunctionOf<Slot>]?: (
    lower: WSPPROC_TABLE,
    ...args: Parameters<WSPPROC_TABLE[Slot]>
  ) => ReturnType<WSPPROC_TABLE[Slot]>;
};

/** What a layer is. */
export interface LayerDefinition {
  /** The layer's name, as catalogs, traces and errors show it; at most 128 characters. */
  readonly name: string;
  /** The layer's own version, shown with its name. */
  readonly version?: string;
  /**
   * Whether its sockets are the lower provider's own handles (XP1_IFS_HANDLES). Left out: true without a codec; the sockets
   * of codecs, of datagrams too, have handles of their own.
   */
  readonly ifs?: boolean;
  /**
   * What protocols have with the layer that they have not without it: XP1_ flags, which its chains show beside those of what
   * they are stacked over, such as XP1_QOS_SUPPORTED. 0 if absent.
   */
  readonly services?: number;
  /** Sees, and may change or refuse, where a socket connects. */
  readonly connect?: ConnectFilter;
  /** Sees, and may refuse, who connects. */
  readonly accept?: AcceptFilter;
  /** Sees, and may change or refuse, a local name. */
  readonly bind?: BindFilter;
  /**
   * Makes the three filters of what the layer was given at its start, for those that need it: the layer has them beside, or in
   * place of, `connect`, `accept` and `bind`.
   */
  readonly filters?: (context: LayerContext) => Filters;
  /** Makes the codec of one connection. */
  readonly codec?: CodecFactory;
  /**
   * Makes the codec of one datagram socket. With it alone, connections pass as they are; with `codec` alone, there are no
   * datagram sockets on the layer (WSAESOCKTNOSUPPORT).
   */
  readonly datagrams?: DatagramCodecFactory;
  /**
   * Whether urgent data (MSG_OOB) of connections passes the codec by, as it is; true if absent. With false there is none:
   * WSAEOPNOTSUPP, for a codec that secures what it carries.
   */
  readonly urgent?: boolean;
  /**
   * Whether the system below puts small sends of connections together (Nagle's algorithm, until TCP_NODELAY is set); true if
   * absent. With false it sends at once, for a codec whose own words would else hold up the first of the application's until
   * the peer has acknowledged them; small sends are put together by the framework alone.
   */
  readonly nagle?: boolean;
  /**
   * Milliseconds of the instance's clock within which a codec with a handshake has to call `output.ready()`, on either side;
   * then the connection fails with WSAETIMEDOUT. 10,000 if absent; `Infinity` for no limit.
   */
  readonly handshakeTimeout?: number;
  /**
   * Milliseconds of the instance's clock for which the end of what is sent waits for a codec that holds it back, or pauses what
   * is sent, and encodes nothing; then it goes out. 10,000 if absent; `Infinity` for no limit.
   */
  readonly endTimeout?: number;
  /**
   * Milliseconds of the instance's clock within which a filter that called `request.wait()` has to answer; then it refuses,
   * with WSAETIMEDOUT. 30,000 if absent; `Infinity` for no limit. Only filters of layers with a codec can wait.
   */
  readonly filterTimeout?: number;
  /**
   * Whether it connects by the host's name that the application gave, which nobody looks up then: for layers that go by way of a
   * proxy. The name is `connection.destination.name`; the address beside it stands for the name, and leads nowhere. A function says
   * it for an address family. No if absent; for layers with a codec.
   */
  readonly takesNames?: boolean | ((family: number) => boolean);
  /**
   * Says, when the connection to where a filter of the layer led could not be made, why, for people: told by the instance's
   * `defect` event. For layers with a codec.
   */
  readonly unreachable?: (error: number, connection: CodecConnection) => string;
  /**
   * Told of each connect that failed, with its WinSock code, before there was a connection for the codec of the layer: nobody was
   * there, or a layer below has refused. For layers with a codec.
   */
  readonly connectFailed?: (error: number, connection: CodecConnection) => void;
  /** Told of each socket that listens from now on; its own name is the listener's. For layers with a codec. */
  readonly listening?: (connection: CodecConnection) => void;
  /**
   * `WSP*` functions that replace the layer's own; each receives the table below first. A function that makes such a set
   * from what the layer was given at its start will do too.
   */
  readonly overrides?: LayerOverrides | ((context: LayerContext) => LayerOverrides);
}

/** A layer, ready to be stacked or installed. */
export interface Layer {
  readonly name: string;
  readonly version: string;
  /** Whether its sockets are the lower provider's own handles. */
  readonly ifs: boolean;
  /** XP1_ flags of what protocols have with the layer alone; none if absent. */
  readonly services?: number;
  /** The layer as a transport provider. */
  readonly WSPStartup: LPWSPSTARTUP;
}

/**
 * Defines a layer by what it changes; everything else passes through, under every I/O model.
 *
 * @param definition what the layer is
 * @returns the layer, for `stack` or, as `WSPStartup`, for a catalog
 * @throws TypeError when the definition is not one: an empty name, a hook that there is none of, or one that is not a function
 */
export function defineLayer(definition: LayerDefinition): Layer {
  return layerOf(takenDown(definition));
}

/** What somebody defines a layer by, each member read once: a filter that is taken away later would let through what it refuses. */
function takenDown(given: LayerDefinition): LayerDefinition {
  if (typeof given !== 'object' || (given as unknown) === null) return given;
  const definition: Record<string, unknown> = { ...given };
  for (const property of PROPERTIES) {
    if (!(property in definition)) definition[property] = given[property as keyof LayerDefinition];
  }
  const { filters, overrides } = definition;
  if (typeof filters === 'function') definition['filters'] = (filters as AnyFunction).bind(given);
  if (typeof overrides === 'object' && overrides !== null && !isThenable(overrides)) {
    definition['overrides'] = { ...overrides };
  }
  return definition as unknown as LayerDefinition;
}

function layerOf(definition: LayerDefinition): Layer {
  checkDefinition(definition);
  const { name, version = '1.0.0', services = 0, codec, datagrams, overrides } = definition;
  const transforms = codec !== undefined || datagrams !== undefined;
  const ifs = !transforms && (definition.ifs ?? true);
  const WSPStartup = createLayerStartup(`${name} ${version}`, (context, table) => {
    const filters = filtersOf(definition, context);
    if (transforms) {
      const { takesNames, unreachable, connectFailed, listening, urgent, nagle } = definition;
      const options = {
        ...timeouts(definition),
        name,
        codec,
        datagrams,
        urgent,
        nagle,
        filters,
        takesNames,
        unreachable,
        connectFailed,
        listening,
      };
      Object.assign(table, createCodecProvider(context, options));
    } else fillPassThroughTable(new PassThroughProvider(context), context.lower, table);
    // What a codec layer overrides lies above its codec; what a pass-through layer overrides, above the provider below.
    if (!transforms) installFilters(filters, table, context, name);
    if (overrides !== undefined) {
      const below = transforms ? { ...table } : context.lower;
      const set = typeof overrides === 'function' ? overrides(context) : overrides;
      checkOverrides(name, set);
      installOverrides(set, below, table);
    }
  });
  return { name, version, ifs, services, WSPStartup };
}

const FILTERS = ['connect', 'accept', 'bind'] as const;
const HOOKS = [...FILTERS, 'filters', 'codec', 'datagrams'] as const;
const TIMEOUTS = ['handshakeTimeout', 'endTimeout', 'filterTimeout'] as const;
const OF_CODECS = ['takesNames', 'unreachable', 'connectFailed', 'listening'] as const;
const PROPERTIES: readonly string[] = [
  'name',
  'version',
  'ifs',
  'services',
  'urgent',
  'nagle',
  ...HOOKS,
  ...TIMEOUTS,
  ...OF_CODECS,
  'overrides',
];
const FUNCTION_NAMES = WSPPROC_NAMES.map((slot) => slot.slice(2));

/** The filters of a layer that starts. */
function filtersOf(definition: LayerDefinition, context: LayerContext): Filters {
  const made: unknown = definition.filters === undefined ? {} : definition.filters(context);
  const refuse = (what: string): never => {
    throw new TypeError(`defineLayer: layer "${definition.name}" ${what}`);
  };
  if (typeof made !== 'object' || made === null || isThenable(made)) {
    return refuse(`makes filters that are ${kindOf(made)} instead of an object of filters`);
  }
  for (const [name, filter] of Object.entries(made)) {
    if (!FILTERS.includes(name as (typeof FILTERS)[number])) {
      refuse(`makes a filter "${name}", which there is not${nearestNameAdvice(name, FILTERS)}`);
    }
    if (filter !== undefined && typeof filter !== 'function') refuse(`makes a filter "${name}" that is not a function`);
  }
  // One that is left open is none, and takes no other's place.
  const own: Filters = made;
  const { connect = definition.connect, accept = definition.accept, bind = definition.bind } = own;
  return { ...(connect && { connect }), ...(accept && { accept }), ...(bind && { bind }) };
}

function timeouts({ handshakeTimeout, endTimeout, filterTimeout }: LayerDefinition) {
  return { handshakeTimeout, endTimeout, filterTimeout };
}

function checkDefinition(definition: LayerDefinition): void {
  if (typeof definition !== 'object' || definition === null) {
    throw new TypeError(
      `defineLayer: a layer is defined by an object with a name and hooks, not by ${kindOf(definition)}`,
    );
  }
  if (typeof definition.name !== 'string' || definition.name === '' || definition.name.length > 128) {
    throw new TypeError('defineLayer: a layer needs a name of 1 to 128 characters');
  }
  const refuse = (what: string): never => {
    throw new TypeError(`defineLayer: layer "${definition.name}" ${what}`);
  };
  for (const property of Object.keys(definition)) {
    if (PROPERTIES.includes(property)) continue;
    if (FUNCTION_NAMES.includes(property)) refuse(`has "${property}" beside its hooks${cureOf('definitionFunctions')}`);
    refuse(`has a "${property}", which is not a hook${nearestNameAdvice(property, PROPERTIES)}`);
  }
  if (definition.version !== undefined && typeof definition.version !== 'string')
    refuse('has a version that is not a string');
  if (definition.ifs !== undefined && typeof definition.ifs !== 'boolean')
    refuse('has an `ifs` that is not true or false');
  for (const flag of ['urgent', 'nagle'] as const) {
    if (definition[flag] !== undefined && typeof definition[flag] !== 'boolean')
      refuse(`has ${flag === 'urgent' ? 'an' : 'a'} \`${flag}\` that is not true or false`);
  }
  if (definition.services !== undefined && !Number.isInteger(definition.services))
    refuse('has `services` that are not XP1_ flags');
  for (const timeout of TIMEOUTS) {
    const value = definition[timeout];
    if (value !== undefined && !(typeof value === 'number' && value > 0))
      refuse(`has a \`${timeout}\` that is not a number of milliseconds above 0`);
  }
  for (const hook of HOOKS) {
    const value: unknown = definition[hook];
    if (value === undefined || typeof value === 'function') continue;
    const makes = hook === 'codec' || hook === 'datagrams';
    const cure = makes ? ': it makes one for each connection, `() => ({ send, receive })`' : '';
    refuse(`has a "${hook}" that is not a function${cure}`);
  }
  const { takesNames, unreachable, connectFailed, listening } = definition;
  if (takesNames !== undefined && typeof takesNames !== 'boolean' && typeof takesNames !== 'function')
    refuse('has `takesNames` that are not true, false or a function');
  for (const [hook, value] of Object.entries({ unreachable, connectFailed, listening }))
    if (value !== undefined && typeof value !== 'function') refuse(`has a "${hook}" that is not a function`);
  const { overrides } = definition;
  if (overrides !== undefined && typeof overrides !== 'function') checkOverrides(definition.name, overrides);
}

/** Sees that a set of overrides names functions of the interface and gives functions for them. */
function checkOverrides(layer: string, overrides: unknown): asserts overrides is LayerOverrides {
  const refuse = (what: string): never => {
    throw new TypeError(`defineLayer: layer "${layer}" ${what}`);
  };
  if (isThenable(overrides)) {
    refuse('makes its overrides later, by a promise: make them at once, in a function that is not async');
  }
  if (typeof overrides !== 'object' || overrides === null) {
    refuse(`has overrides that are ${kindOf(overrides)} instead of an object of WSP* functions`);
  }
  for (const [name, override] of Object.entries(overrides as object)) {
    if (!FUNCTION_NAMES.includes(name)) {
      refuse(`overrides "${name}", which is not a WSP* function${nearestNameAdvice(name, FUNCTION_NAMES)}`);
    }
    if (override !== undefined && typeof override !== 'function') refuse(`overrides ${name} by what is not a function`);
  }
}

function installOverrides(overrides: LayerOverrides, lower: WSPPROC_TABLE, table: WSPPROC_TABLE): void {
  const slots = table as unknown as Record<string, AnyFunction>;
  for (const [name, override] of Object.entries(overrides)) {
    if (typeof override === 'function') slots[`lp${name}`] = (override as AnyFunction).bind(undefined, lower);
  }
}
