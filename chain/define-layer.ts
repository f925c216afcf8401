import { WSPPROC_NAMES, type LPWSPSTARTUP, type WSPPROC_TABLE } from '../spi/index.js';
import type { CodecFactory } from './codec.js';
import { createCodecProvider } from './codec-layer.js';
import { installFilters, type AcceptFilter, type BindFilter, type ConnectFilter } from './filters.js';
import { fillPassThroughTable, PassThroughProvider, type LayerContext } from './pass-through.js';
import { createLayerStartup } from './startup.js';

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
   * Whether its sockets are the lower provider's own handles (XP1_IFS_HANDLES). Left out: true without a codec; a codec's
   * sockets have handles of their own.
   */
  readonly ifs?: boolean;
  /** Sees, and may change or refuse, where a socket connects. */
  readonly connect?: ConnectFilter;
  /** Sees, and may refuse, who connects. */
  readonly accept?: AcceptFilter;
  /** Sees, and may change or refuse, a local name. */
  readonly bind?: BindFilter;
  /** Makes the codec of one connection. */
  readonly codec?: CodecFactory;
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
  /** The layer as a transport provider. */
  readonly WSPStartup: LPWSPSTARTUP;
}

/**
 * Defines a layer by what it changes; everything else passes through, under every I/O model.
 *
 * @param definition what the layer is
 * @returns the layer, for `stack` or, as `WSPStartup`, for a catalog
 * @throws TypeError when the definition is not one: an empty name, or hooks that are no functions
 */
export function defineLayer(definition: LayerDefinition): Layer {
  const { name, version = '1.0.0', codec, overrides } = definition;
  checkDefinition(definition);
  const ifs = codec === undefined && (definition.ifs ?? true);
  const WSPStartup = createLayerStartup(`${name} ${version}`, (context, table) => {
    if (codec === undefined) fillPassThroughTable(new PassThroughProvider(context), context.lower, table);
    else Object.assign(table, createCodecProvider(context, codec));
    // What a codec layer overrides lies above its codec; what a pass-through layer overrides, above the provider below.
    installFilters(definition, table, context.host, name);
    if (overrides !== undefined) {
      const below = codec === undefined ? context.lower : { ...table };
      installOverrides(typeof overrides === 'function' ? overrides(context) : overrides, below, table);
    }
  });
  return { name, version, ifs, WSPStartup };
}

const HOOKS = ['connect', 'accept', 'bind', 'codec'] as const;

function checkDefinition(definition: LayerDefinition): void {
  if (typeof definition.name !== 'string' || definition.name === '' || definition.name.length > 128) {
    throw new TypeError('defineLayer: a layer needs a name of 1 to 128 characters');
  }
  for (const hook of HOOKS) {
    const value = definition[hook];
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`defineLayer: "${hook}" of layer "${definition.name}" must be a function`);
    }
  }
  if (typeof definition.overrides === 'object') {
    for (const name of Object.keys(definition.overrides)) {
      if (!(WSPPROC_NAMES as readonly string[]).includes(`lp${name}`)) {
        throw new TypeError(`defineLayer: layer "${definition.name}" overrides "${name}", which is no WSP* function`);
      }
    }
  }
}

type AnyFunction = (...args: unknown[]) => unknown;

function installOverrides(overrides: LayerOverrides, lower: WSPPROC_TABLE, table: WSPPROC_TABLE): void {
  const slots = table as unknown as Record<string, AnyFunction>;
  for (const [name, override] of Object.entries(overrides)) {
    if (typeof override === 'function') slots[`lp${name}`] = (override as AnyFunction).bind(undefined, lower);
  }
}
