// Functions of the API with arguments of every odd kind, made by their signatures: they fail with an error, and harm
// nobody.
import { INVALID_SOCKET, ref, seededRandom, SOCKET_ERROR, WSAOVERLAPPED } from '../../../index.js';
import { API_SIGNATURES, failureOf, type Argument, type Signature } from '../../../spi/signatures/index.js';
import { expect } from '../expectation.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

/** Calls of each function in a case. */
const CALLS = 150;

/** Functions with an effect that the case could not undo: they end sockets, wait, or reach outside of the instance. */
const NOT_TRIED = new Set([
  'closesocket',
  'shutdown',
  'WSAGetOverlappedResult',
  'WSADuplicateSocket',
  'TransmitFile',
  'TransmitPackets',
]);

/** What no pointer, handle, number or string should be. */
const GARBAGE: readonly (() => unknown)[] = [
  () => null,
  () => undefined,
  () => NaN,
  () => -1,
  () => 0,
  () => 1.5,
  () => 2 ** 31,
  () => 2 ** 32,
  () => Infinity,
  () => '',
  () => 'no such thing',
  () => true,
  () => [],
  () => [undefined],
  () => ({}),
  () => ({ len: 2 ** 31, buf: new Uint8Array(4) }),
  () => new Uint8Array(0),
  () => new Uint8Array(3).fill(0xfe),
  () => new Float64Array(2),
  () => 1n,
  () => Symbol('no number'),
  () => Object.freeze({}),
  () => Object.freeze(ref(16)),
];

/** What an argument of a kind may well be; for kinds that are not here, garbage alone is given. */
function sound({ kind, reference }: Argument, world: ProviderWorld, s: number): unknown {
  switch (kind) {
    case 'socket':
      return s;
    case 'length':
    case 'count':
      return reference ? ref(16) : 16;
    case 'number':
    case 'flags':
    case 'code':
    case 'networkEvents':
      return reference ? ref(0) : 1;
    case 'bytes':
      return new Uint8Array(16);
    case 'address':
      return world.freeName();
    case 'buffer':
      return { len: 4, buf: new Uint8Array(4) };
    case 'buffers':
      return Array.from({ length: 16 }, () => ({ len: 4, buf: new Uint8Array(4) }));
    case 'overlapped':
      return new WSAOVERLAPPED();
    case 'routine':
      return () => 0;
    case 'structure':
      return {};
    default:
      return reference ? ref(0) : null;
  }
}

function isPlausible({ result }: Signature, value: unknown): boolean {
  if (result === 'boolean') return typeof value === 'boolean';
  if (result === 'pointer') return typeof value === 'object' || typeof value === 'string';
  if (result === 'nothing') return value === undefined;
  return typeof value === 'number' && (value === SOCKET_ERROR || value >>> 0 === value);
}

/** What programs rely on: any arguments. */
export const anyArguments = topic('any arguments', [], (on) => {
  for (const [name, signature] of Object.entries<Signature>(API_SIGNATURES)) {
    // The functions with A and W behind their names are the same ones.
    const isAlias = /[AW]$/.test(name) && name.slice(0, -1) in API_SIGNATURES;
    if (signature.args[0]?.kind !== 'socket' || NOT_TRIED.has(name) || isAlias) continue;
    on.it(`of ${name} cost no more than the call: it fails with an error, and others go on`, (world) => {
      const random = seededRandom(name.length * 7919);
      const { client, server, listener } = world.connectedPair();
      const other = world.connectedPair();
      for (const s of [client, server, listener]) world.nonBlocking(s);
      const call = world.ws2[name as keyof typeof world.ws2] as unknown as (...args: unknown[]) => unknown;
      for (let i = 0; i < CALLS; i++) {
        const s = [client, server, listener][i % 3]!;
        const args = signature.args.map((argument, position) =>
          random.next() < (position === 0 ? 0.8 : 0.5)
            ? sound(argument, world, s)
            : GARBAGE[Math.floor(random.next() * GARBAGE.length)]!(),
        );
        const result = call.apply(world.ws2, args);
        const error = world.ws2.WSAGetLastError();
        expect(isPlausible(signature, result), `the result ${String(result)}`).toBe(true);
        if (result === failureOf(signature) && result !== 0) expect(error).not.toBe(0);
        if (signature.result === 'socket' && result !== INVALID_SOCKET) world.track(result as number);
      }
      world.settle();
      world.send(other.client, 'unharmed');
      expect(world.receiveAll(other.server, 8)).toBe('unharmed');
    });
  }
});
