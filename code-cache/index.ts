/**
 * How the packed package loads its own modules. What npm packs is scripts (`tools/join-modules.mjs`), for what V8 makes of a script can
 * be kept, and a third of a second of parsing be a tenth. A clone, whose modules are the compiler's, has no use for it.
 *
 * @module
 */
export { load } from './scripts.js';
