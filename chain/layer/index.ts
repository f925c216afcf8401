/**
 * What every layer is built on: its place in the chain, the provider below and what that answers, the pass-through class.
 *
 * @module
 */
export { codeBelow, isCount, isHandle, reportBelow } from './lower-answers.js';
export { findPosition, isLayerEntry, startNextProvider, type NextProvider } from './next-provider.js';
export {
  PassThroughProvider,
  fillPassThroughTable,
  functionsBefore,
  lowerInfo,
  type LayerContext,
} from './pass-through.js';
export { createLayerStartup, createWSPStartup, LayerCannotStart } from './startup.js';
