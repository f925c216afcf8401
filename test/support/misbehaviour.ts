import { SOCKET_ERROR } from 'ws2spi';

/** A function that answers what no provider may. */
export type Misbehaviour = (...args: never[]) => unknown;

/** How a function of a layer may answer what no provider may, and what is said of it. */
export const ANSWERS: readonly (readonly [how: string, misbehave: Misbehaviour, report: RegExp])[] = [
  ['is asynchronous', async () => Promise.reject(new Error('late')), /returned a promise: .*not async/],
  ['returns a promise', () => Promise.reject(new Error('late')), /returned a promise: .*not async/],
  ['returns undefined', () => undefined, /returned undefined/],
  ['returns true', () => true, /returned true/],
  ['returns a string', () => 'x', /returned a string/],
  ['returns NaN', () => NaN, /returned NaN/],
  ['returns an object', () => ({}), /returned an object/],
  ['fails without an error', () => SOCKET_ERROR, /failed with the error 0/],
  [
    'throws',
    () => {
      throw new Error('boom');
    },
    /threw/,
  ],
];
