/**
 * Which programs are Node.js', and how the hook comes into them: by `NODE_OPTIONS`, which children inherit.
 *
 * @module
 */
export { kindOfProgram, programsOf, type FoundProgram, type ProgramKind } from './program-kind.js';
export { isSingleExecutable } from './single-executable.js';
export { hookUrl, isHooked, withHook } from './hook-options.js';
