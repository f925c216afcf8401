// The methods of a class of Node.js' handles, led to a chain.
import type { ChainError } from '../instance/index.js';
import { explainNextError } from './refused-opens.js';
import { UV_ENOTSUP, uvErrorOf } from './uv-errors.js';

/** Who knows which handles of a class are on a chain, by what stands behind them. */
export interface Leader<Handle extends object, Behind> {
  /** What stands behind a handle that is on the chain. */
  behind(handle: Handle): Behind | undefined;
  /** What stands behind a handle that is about to be opened; none for one that the system has opened. */
  opened(handle: Handle): Behind | undefined;
  /**
   * A method was called of a handle with nothing behind it: one that is not open yet, or that the system has opened.
   *
   * @returns what the method returns; `undefined` for what it comes to by itself
   */
  bare(handle: Handle, name: string, args: unknown[]): number | undefined;
}

/** The methods that use a socket: not for one that has gone around the chain. */
const USING: ReadonlySet<string> = new Set([
  'open',
  'bind',
  'bind6',
  'listen',
  'connect',
  'connect6',
  'readStart',
  'recvStart',
  'send',
  'send6',
  'shutdown',
  'writeBuffer',
  'writeUtf8String',
  'writeLatin1String',
  'writeAsciiString',
  'writeUcs2String',
  'writev',
]);

/** Descriptors of standard streams, which are the program's own in any case. */
const STANDARD = 2;

/**
 * Whether a method would use a socket that the system has opened, for this program or for another one.
 *
 * @param descriptor the handle's; -1 for none
 * @param args what the method is called with
 */
export function usesForeign(descriptor: number, name: string, args: readonly unknown[]): boolean {
  if (!USING.has(name)) return false;
  return name === 'open' ? Number(args[0]) > STANDARD : descriptor > STANDARD;
}

/** What a method does where the handle is on a chain. */
export type LedMethod<Handle extends object, Behind, Led> = (
  behind: Behind,
  leader: Led,
  handle: Handle,
  ...args: never[]
) => unknown;

type Method<Handle> = (this: Handle, ...args: never[]) => unknown;

/** What methods and properties that were led did before, wherever they lead. */
const unled = new WeakMap<object, object>();

/** The methods that a class had before. */
export type Originals = Readonly<Record<string, ((this: never, ...args: never[]) => unknown) | undefined>>;

/**
 * Leads methods of all handles of a class to a chain, now and later.
 *
 * @param opening the methods that make a handle one of the chain's, or of the system's
 * @returns the methods that there were
 */
export function leadMethods<Handle extends object, Behind, Led extends Leader<Handle, Behind>>(
  leader: Led,
  prototype: Handle,
  methods: Readonly<Record<string, LedMethod<Handle, Behind, Led>>>,
  opening: ReadonlySet<string>,
): Originals {
  const own = prototype as unknown as Record<string, Method<Handle> | undefined>;
  const originals: Record<string, Method<Handle>> = {};
  for (const [name, method] of Object.entries(methods)) {
    const found = own[name];
    // A method that this Node.js has not, nobody calls.
    if (found === undefined) continue;
    const original = (unled.get(found) as typeof found | undefined) ?? found;
    originals[name] = original;
    const value: Method<Handle> = opening.has(name)
      ? function (...args) {
          const behind = leader.opened(this);
          if (behind !== undefined) return method(behind, leader, this, ...args);
          return leader.bare(this, name, args) ?? original.apply(this, args);
        }
      : function (...args) {
          const behind = leader.behind(this);
          if (behind === undefined) {
            return leader.bare(this, name, args) ?? original.apply(this, args);
          }
          if (name === 'ref' || name === 'unref') original.apply(this, args);
          return method(behind, leader, this, ...args);
        };
    Object.defineProperty(value, 'name', { value: name });
    unled.set(value, original);
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
  refuseOthers(prototype, methods);
  return originals as unknown as Originals;
}

/** A socket of Node.js'. */
interface Owner {
  destroy?(error: Error): void;
}

/**
 * Has a method of a handle fail that nobody may use.
 *
 * @param owner the socket or server whose handle it is, if there is one
 * @returns what the method returns
 */
export function refuseForeign(owner: unknown, name: string, refusal: ChainError): number {
  if (name === 'readStart' && typeof (owner as Owner | undefined)?.destroy === 'function') {
    // A socket that was sent reads before the program has it, and can hear of an error.
    setImmediate(() => (owner as Required<Owner>).destroy(refusal));
    return 0;
  }
  explainNextError(owner, refusal);
  return uvErrorOf(refusal.wsaError);
}

/** Methods that use no socket. */
const HARMLESS: ReadonlySet<string> = new Set(['constructor', 'setSimultaneousAccepts']);

/** A method of the class that nobody here knows could open a socket beside the chain: a later Node.js may have one. */
function refuseOthers(prototype: object, known: object): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (typeof value !== 'function' || name in known || HARMLESS.has(name)) continue;
    const refusing = (): number => {
      process.emitWarning(`ws2spi/register does not know "${name}" of Node.js' handles: it is refused`, 'Ws2spiChain');
      return UV_ENOTSUP;
    };
    Object.defineProperty(prototype, name, { value: refusing, writable: true, configurable: true, enumerable: true });
  }
}

/** Leads properties to the chain, in the same way. */
export function leadProperties<Handle extends object, Behind, Led extends Leader<Handle, Behind>>(
  leader: Led,
  prototype: Handle,
  properties: Readonly<Record<string, (behind: Behind, leader: Led, handle: Handle) => unknown>>,
  opening: ReadonlySet<string>,
): void {
  for (const [name, read] of Object.entries(properties)) {
    const original = inherited(prototype, name);
    if (original === undefined) continue;
    const { get, value } = original as { get?: () => unknown; value?: unknown };
    const led = function (this: Handle): unknown {
      const behind = opening.has(name) ? leader.opened(this) : leader.behind(this);
      return behind !== undefined ? read(behind, leader, this) : get === undefined ? value : get.call(this);
    };
    if (get !== undefined) unled.set(led, unled.get(get) ?? get);
    Object.defineProperty(prototype, name, { get: led, configurable: true, enumerable: true });
  }
}

/** Makes what reads the system's descriptor of handles of a class; -1 for none. */
export function descriptorOf(prototype: object): (handle: object) => number {
  const found = inherited(prototype, 'fd')?.get as (() => number) | undefined;
  const get = found && ((unled.get(found) as typeof found | undefined) ?? found);
  return (handle) => (get === undefined ? -1 : get.call(handle));
}

function inherited(object: object, name: string): PropertyDescriptor | undefined {
  for (let each: object | null = object; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(each, name);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}
