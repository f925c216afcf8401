/**
 * The signatures of every function that crosses a border, as data: what each argument is called and what it is, and
 * what the function returns. Wrappers, traces, documentation and generators of arguments read them.
 *
 * @module
 */
import { API_SIGNATURES } from './api.js';
import type { Signature } from './argument.js';
import { NSP_SIGNATURES, NSPV2_SIGNATURES } from './name-space.js';
import { WPU_SIGNATURES, WSP_SIGNATURES } from './transport.js';

export { API_SIGNATURES, NSP_SIGNATURES, NSPV2_SIGNATURES, WPU_SIGNATURES, WSP_SIGNATURES };
export { failureOf } from './failures.js';
export type { Argument, ArgumentKind, Direction, ResultKind, Signature, SignaturesOf } from './argument.js';

const ALL: Readonly<Record<string, Signature>> = {
  ...API_SIGNATURES,
  ...NSP_SIGNATURES,
  ...NSPV2_SIGNATURES,
  ...WPU_SIGNATURES,
  ...WSP_SIGNATURES,
};

/**
 * The signature of a function; `undefined` when there is none.
 *
 * @param name the function's name in the specification, or of its place in a procedure table: `send`, `WSPSend`,
 *   `lpWSPSend`
 */
export function signatureOf(name: string): Signature | undefined {
  if (Object.hasOwn(ALL, name)) return ALL[name];
  return Object.hasOwn(ALL, `lp${name}`) ? ALL[`lp${name}`] : undefined;
}

/** The place of an argument by its name; -1 when the function has none of that name. */
export function positionOf({ args }: Signature, name: string | undefined): number {
  return name === undefined ? -1 : args.findIndex((argument) => argument.name === name);
}
