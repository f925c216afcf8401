// Node.js' own resolver asks name servers by sockets of its own, which no chain has: where the chain takes names, as to a proxy, nobody
// is to be asked for them, and what would ask fails.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Holder = Record<string, unknown>;

const ASKING = /^(?:resolve|reverse$|lookupService$)/;

/**
 * Has the functions of `node:dns` that ask name servers fail where nobody may be asked.
 *
 * @param mayAsk whether somebody may
 */
export function refuseResolvers(mayAsk: () => boolean): void {
  const withCallbacks = [dns, dns.Resolver.prototype];
  const withPromises = [dns.promises, dns.promises.Resolver.prototype];
  for (const each of withCallbacks) {
    replace(each as unknown as Holder, (name, method) => {
      return function (...args) {
        const callback = args.at(-1);
        if (typeof callback !== 'function' || mayAsk()) return method.apply(this, args);
        process.nextTick(callback as (error: Error) => void, refusal(name, args[0]));
        return undefined;
      };
    });
  }
  for (const each of withPromises) {
    replace(each as unknown as Holder, (name, method) => {
      return function (...args) {
        return mayAsk() ? method.apply(this, args) : Promise.reject(refusal(name, args[0]));
      };
    });
  }
  syncBuiltinESMExports();
}

function replace(holder: Holder, by: (name: string, method: Method) => Method): void {
  for (const name of Object.getOwnPropertyNames(holder).filter((each) => ASKING.test(each))) {
    const method = holder[name];
    if (typeof method !== 'function') continue;
    const value = by(name, method as Method);
    Object.defineProperty(value, 'name', { value: method.name });
    Object.defineProperty(value, 'length', { value: method.length });
    const { enumerable = true } = Object.getOwnPropertyDescriptor(holder, name)!;
    Object.defineProperty(holder, name, { value, enumerable, writable: true, configurable: true });
  }
}

function refusal(name: string, asked: unknown): Error {
  const hostname = String(asked);
  const message =
    `${name} ${dns.REFUSED} ${hostname}: the chain takes names itself, as to a proxy, and dns.${name} would ask a name server around it: ` +
    'connect by the name, or use dns.lookup';
  return Object.assign(new Error(message), { code: dns.REFUSED, syscall: name, hostname });
}
