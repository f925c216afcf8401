// The methods of a class of Node.js' handles, led to a chain.

/** Who knows which handles of a class are on a chain, by what stands behind them. */
export interface Leader<Handle extends object, Behind> {
  /** What stands behind a handle that is on the chain. */
  behind(handle: Handle): Behind | undefined;
  /** What stands behind a handle that is about to be opened; none for one that the system has opened. */
  opened(handle: Handle): Behind | undefined;
  /** Something was asked of a handle that is not open yet. */
  remember(handle: Handle, name: string, args: unknown[]): void;
}

/** What a method does where the handle is on a chain. */
export type LedMethod<Handle extends object, Behind, Led> = (
  behind: Behind,
  leader: Led,
  handle: Handle,
  ...args: never[]
) => unknown;

type Method<Handle> = (this: Handle, ...args: never[]) => unknown;

/** What methods that were led did before, wherever they lead. */
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
          return behind === undefined ? original.apply(this, args) : method(behind, leader, this, ...args);
        }
      : function (...args) {
          const behind = leader.behind(this);
          if (behind === undefined) {
            leader.remember(this, name, args);
            return original.apply(this, args);
          }
          if (name === 'ref' || name === 'unref') original.apply(this, args);
          return method(behind, leader, this, ...args);
        };
    Object.defineProperty(value, 'name', { value: name });
    unled.set(value, original);
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
  return originals as unknown as Originals;
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
    Object.defineProperty(prototype, name, {
      get(this: Handle): unknown {
        const behind = opening.has(name) ? leader.opened(this) : leader.behind(this);
        return behind !== undefined ? read(behind, leader, this) : get === undefined ? value : get.call(this);
      },
      configurable: true,
      enumerable: true,
    });
  }
}

/** Makes what reads the system's descriptor of handles of a class; -1 for none. */
export function descriptorOf(prototype: object): (handle: object) => number {
  const get = inherited(prototype, 'fd')?.get as (() => number) | undefined;
  return (handle) => (get === undefined ? -1 : get.call(handle));
}

function inherited(object: object, name: string): PropertyDescriptor | undefined {
  for (let each: object | null = object; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(each, name);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}
