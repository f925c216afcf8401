// What an end of the measured connections does, as its command line says.
import { parseArgs } from 'node:util';

/** Milliseconds of work between two turns of the event loop where nothing else ends a turn. */
export const TURN = 5;

/**
 * One end, or both.
 *
 * @typedef {object} Plan
 * @property {'chain-sockets' | 'transforms' | 'winsock' | 'bare-loops' | 'tls-sockets' | 'tls-winsock' | 'node-tls'} program what carries the bytes
 * @property {'bulk' | 'ping' | 'connect'} load bytes one way, messages to and fro, or connections made one after another
 * @property {'both' | 'server' | 'client'} end which end this process is
 * @property {number} layers how many
 * @property {boolean} xor whether each changes every byte; it hands on what it was given otherwise
 * @property {boolean} shipped whether the layers are five that ship, with nothing to do
 * @property {number} size bytes of a write
 * @property {number} connections how many at a time
 * @property {boolean} resume whether sessions of TLS are resumed
 * @property {number} port where the client connects to, when the server is another process
 */

/** @returns {Plan} */
export function readPlan() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      end: { type: 'string', default: 'both' },
      layers: { type: 'string', default: '0' },
      xor: { type: 'boolean', default: false },
      shipped: { type: 'boolean', default: false },
      size: { type: 'string', default: '64' },
      connections: { type: 'string', default: '1' },
      resume: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
    },
  });
  const [program, load] = positionals;
  return {
    program,
    load,
    end: values.end,
    layers: Number(values.layers),
    xor: values.xor,
    shipped: values.shipped,
    size: Number(values.size),
    connections: Number(values.connections),
    resume: values.resume,
    port: Number(values.port),
  };
}

/** What each layer does to a piece of bytes, by its place in the stack. */
export function workOf({ xor }) {
  return xor ? xorBytes : (bytes) => bytes;
}

function xorBytes(bytes, place) {
  const changed = Buffer.allocUnsafe(bytes.length);
  const key = place + 1;
  for (let at = 0; at < bytes.length; at++) changed[at] = bytes[at] ^ key;
  return changed;
}
