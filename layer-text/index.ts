/**
 * Layers that are named by one text, as command lines and environment variables do: `capture:out.pcapng`, `fault:reset=0.01,seed=7`.
 *
 * @module
 */
export { BUILT_IN_LAYER_NAMES, BUILT_IN_LAYERS, type BuiltInLayer, type DatagramUse } from './built-in-layers.js';
export { needLayerFiles } from './files.js';
export { makeNamedLayer, readLayerTexts, settleLayerText, type NamedLayer } from './named-layer.js';
