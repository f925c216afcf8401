// Blocks of ports for tests, where the system has room for them.
import { expect } from 'vitest';
import {
  INET_PORT_RANGE,
  INET_PORT_RESERVATION_INSTANCE,
  INET_PORT_RESERVATION_TOKEN,
  ref,
  SIO_ACQUIRE_PORT_RESERVATION,
  SIO_ASSOCIATE_PORT_RESERVATION,
  SIO_RELEASE_PORT_RESERVATION,
} from 'ws2spi';
import { ioctl, type IoctlOutcome } from './ioctls.js';
import { loopback, type World } from './providers.js';

/** A block that was acquired. */
export interface AcquiredBlock {
  readonly first: number;
  readonly count: number;
  readonly token: bigint;
}

/** SIO_ACQUIRE_PORT_RESERVATION of so many ports; from any port on unless said. */
export function acquire(world: World, s: number, count: number, first = 0): AcquiredBlock | number {
  const { ws2 } = world;
  const input = INET_PORT_RANGE.encode({ StartPort: ws2.htons(first), NumberOfPorts: count });
  const { code, output, count: bytes } = ioctl(world, s, SIO_ACQUIRE_PORT_RESERVATION, { input, room: 16 });
  if (code !== 0) return code;
  expect(bytes).toBe(16);
  const { Reservation, Token } = INET_PORT_RESERVATION_INSTANCE.decode(output);
  return { first: ws2.ntohs(Reservation.StartPort), count: Reservation.NumberOfPorts, token: Token.Token };
}

/** The same where there is room. */
export function acquired(world: World, s: number, count: number): AcquiredBlock {
  const block = acquire(world, s, count);
  if (typeof block === 'number') throw new Error(`no room for ${count} ports: ${block}`);
  return block;
}

/** SIO_ASSOCIATE_PORT_RESERVATION. */
export function associate(world: World, s: number, token: bigint): IoctlOutcome {
  return ioctl(world, s, SIO_ASSOCIATE_PORT_RESERVATION, {
    input: INET_PORT_RESERVATION_TOKEN.encode({ Token: token }),
  });
}

/** SIO_RELEASE_PORT_RESERVATION. */
export function release(world: World, s: number, token: bigint): IoctlOutcome {
  return ioctl(world, s, SIO_RELEASE_PORT_RESERVATION, { input: INET_PORT_RESERVATION_TOKEN.encode({ Token: token }) });
}

/** Binds to a port of loopback: 0 or the error. */
export function bindTo(world: World, s: number, port: number, family?: number): number {
  const name = loopback(port, family);
  return world.code(world.ws2.bind(s, name, name.length));
}

/** The first of so many ports that nobody has, of both protocols. */
export function freePorts(world: World, count: number): number {
  const s = world.udpSocket();
  const t = world.tcpSocket();
  const block = acquired(world, s, count);
  expect(acquire(world, t, count, block.first)).toMatchObject({ first: block.first });
  world.ws2.closesocket(s);
  world.ws2.closesocket(t);
  return block.first;
}

/** What CreatePersistentTcpPortReservation gives: the token, or the error. */
export function reserve({ ws2 }: Pick<World, 'ws2'>, first: number, count: number): bigint | number {
  const token = ref(0n);
  const code = ws2.CreatePersistentTcpPortReservation(ws2.htons(first), count, token);
  return code === 0 ? token.value : code;
}
