// Node.js' own look-ups of host names, through the name spaces of an instance.
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import type { Ws2_32 } from '../index.js';
import {
  addressForName,
  lookup,
  type ChainChoice,
  type ChainError,
  type LookupCallback,
} from '../node/instance/index.js';

type Given = LookupOptions | number | null | undefined | LookupCallback;
type Lookup = (hostname: string, given: Given, last?: LookupCallback) => unknown;

/**
 * Leads `dns.lookup`, which `net`, `http` and `dgram` call, and `dns.promises.lookup` to an instance. A chain that takes names, as
 * to a proxy, is given the name: nobody looks it up then.
 *
 * @param instance gives the instance, or says why there is none: look-ups fail then
 * @param chain the chain that is connected on
 */
export function lookUpByInstance(instance: () => Ws2_32 | ChainError, chain: ChainChoice | undefined): void {
  const original = dns.lookup as unknown as Lookup;
  // Options that are none, Node.js refuses before it looks whether there is anything to look up.
  const checkOptions = (given: Given): unknown => original('127.0.0.1', given, () => undefined);
  const lookUp: Lookup = (hostname, given, last) => {
    const callback = typeof given === 'function' ? given : last;
    // What is no look-up, Node.js says itself.
    const isName = typeof hostname === 'string' && hostname !== '' && isIP(hostname) === 0;
    if (!isName || typeof callback !== 'function') return original(hostname, given, last);
    if (typeof given !== 'function') checkOptions(given);
    const ws2 = instance();
    if (ws2 instanceof Error) return void process.nextTick(callback, ws2, '');
    const options = typeof given === 'function' ? {} : typeof given === 'number' ? { family: given } : (given ?? {});
    const standIn = addressForName(ws2, chain, hostname, familiesOf(options));
    if (standIn === null) {
      return lookup(hostname, { ...options, ws2, chain }, (...answer) => afterImmediates(callback, ...answer));
    }
    const { address, family } = standIn;
    const answer: [string | LookupAddress[], number?] =
      options.all === true ? [[{ address, family }]] : [address, family];
    afterImmediates(callback, null, ...answer);
  };
  Object.defineProperty(lookUp, 'name', { value: 'lookup' });
  const promised = (hostname: string, options?: LookupOptions | number): Promise<unknown> => {
    if (options !== undefined) checkOptions(options);
    return new Promise((resolve, reject) => {
      const all = typeof options === 'object' && options !== null && options.all === true;
      lookUp(hostname, options ?? {}, (error, address, family) => {
        if (error) reject(error);
        else resolve(all ? address : { address, family });
      });
    });
  };
  Object.defineProperty(lookUp, promisify.custom, { value: promised });
  dns.lookup = lookUp as unknown as typeof dns.lookup;
  dns.promises.lookup = promised as typeof dns.promises.lookup;
  syncBuiltinESMExports();
}

/**
 * Answers as Node.js' threads do that look names up: some time after the immediates of who asked. What he does in one, a request that
 * is given up, say, comes before the connection.
 */
function afterImmediates(callback: LookupCallback, ...answer: Parameters<LookupCallback>): void {
  setImmediate(() => setImmediate(callback, ...answer));
}

function familiesOf({ family }: LookupOptions): number[] {
  if (family === 4 || family === 'IPv4') return [4];
  return family === 6 || family === 'IPv6' ? [6] : [4, 6];
}
