// What foreign code may throw, so that whoever looks at it is thrown at again.

function refuse(): never {
  throw new Error('it was looked at');
}

function errorThatWillNotSay(): Error {
  const error = new Error('never read');
  Object.defineProperty(error, 'stack', { get: refuse });
  Object.defineProperty(error, 'message', { get: refuse });
  return error;
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** A proxy of a function that refuses whatever it is asked. */
export function refusingProxy(): () => never {
  return new Proxy(refuse, {
    get: refuse,
    set: refuse,
    has: refuse,
    getPrototypeOf: refuse,
    ownKeys: refuse,
    getOwnPropertyDescriptor: refuse,
  });
}

/** Things to throw, each with what it is. */
export const THROWN_AGAIN: readonly (readonly [what: string, make: () => unknown])[] = [
  ['an error that will not say its message', errorThatWillNotSay],
  ['a proxy that refuses everything', refusingProxy],
  ['a proxy that was revoked', revokedProxy],
  ['an object without a prototype', () => Object.create(null) as object],
  ['a symbol', () => Symbol('thrown')],
  ['nothing', () => undefined],
];
