/**
 * The dispatcher: startup, handle table, upcalls, and the functions of the API, one file per area of the specification.
 *
 * @module
 */
export { createWs2_32 } from './create.js';
export type { Ws2_32Functions } from './functions.js';
export type { InstanceEvents } from './instance-listeners.js';
export type { InstanceInternals, Ws2_32 } from './instance.js';
export type {
  ArgumentsOf,
  CallAfter,
  CallBefore,
  CallCompletion,
  DebugHook,
  FunctionName,
  TakeOff,
  TraceOptions as DebugTraceOptions,
} from './debug/index.js';
export type { DebugFunctions } from './debug-functions.js';
export type { Border, HookedFunction, Layer as HookedLayer } from './dispatcher/index.js';
export type { Ws2_32Options } from './instance-options.js';
export { BUILT_IN_PROVIDERS } from './loading/built-in.js';
export type { HostFunctions } from './api/index.js';
export {
  CLOCK,
  INSTANCE,
  NETWORK,
  PLATFORM,
  providerIdentifier,
  RANDOM,
  type ProviderFactoryModule,
  type ProviderModule,
  type ServiceLookup,
} from '../spi/index.js';
