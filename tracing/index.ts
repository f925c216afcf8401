/**
 * What traces are made of: what is told of a call by the signature of its function, the formats, and where they are
 * written to.
 *
 * @module
 */
export { addressText } from './address-texts.js';
export {
  describeArguments,
  firstBytes,
  hexadecimal,
  Words,
  type ArgumentValue,
  type Disclosure,
} from './argument-values.js';
export { wantsColours } from './colours.js';
export { networkEventNames } from './network-event-names.js';
export { Trace, TRACE_FORMATS, type TraceFormatName, type TraceTarget } from './trace.js';
export { givenOutput, openTraceFile, type TraceOutput } from './trace-output.js';
export { readTraceSettings, withUsage, type TraceSettings } from './trace-settings.js';
export type { TracedCall, TracedCompletion, TracedLayer, TracedResult } from './traced-call.js';
