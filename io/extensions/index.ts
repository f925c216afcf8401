/**
 * The extension functions, which providers give by their GUIDs.
 *
 * @module
 */
export * from './extension-functions.js';
