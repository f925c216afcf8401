// The functions of port reservations: how each is called well, and how each of its codes is brought about.
import { ref } from 'ws2spi';
import type { World } from '../../support/providers.js';
import type { Condition } from './condition.js';
import type { DocumentedFunction } from './documented-codes.js';
import { row, type FunctionRow } from './function-row.js';

const COUNT = 4;

type Names = 'Create' | 'Lookup' | 'Delete';
type Protocols = 'Tcp' | 'Udp';

function nameOf(does: Names, protocol: Protocols): DocumentedFunction {
  return `${does}Persistent${protocol}PortReservation`;
}

/** The first of so many ports that can be reserved for both protocols. */
function freePorts({ ws2 }: World): number {
  for (let first = 26_000; first < 30_000; first += COUNT) {
    const StartPort = ws2.htons(first);
    const codes = [
      ws2.CreatePersistentTcpPortReservation(StartPort, COUNT, ref(0n)),
      ws2.CreatePersistentUdpPortReservation(StartPort, COUNT, ref(0n)),
    ];
    ws2.DeletePersistentTcpPortReservation(StartPort, COUNT);
    ws2.DeletePersistentUdpPortReservation(StartPort, COUNT);
    if (codes.every((code) => code === 0)) return first;
  }
  throw new Error('no port is free');
}

/** The first port of a block, in network byte order; reserved for both protocols if asked for. */
function start({ ws2 }: World, first: number, reserved: boolean): number {
  const StartPort = ws2.htons(first);
  if (reserved) {
    ws2.CreatePersistentTcpPortReservation(StartPort, COUNT, ref(0n));
    ws2.CreatePersistentUdpPortReservation(StartPort, COUNT, ref(0n));
  }
  return StartPort;
}

/** The six functions. */
export const PORT_RESERVATION_FUNCTIONS: readonly FunctionRow[] = (['Tcp', 'Udp'] as const).flatMap((protocol) => [
  row(nameOf('Create', protocol), 'not bound', undefined, ({ world }) => ({
    StartPort: start(world, freePorts(world), false),
    NumberOfPorts: COUNT,
    Token: ref(0n),
  })),
  row(nameOf('Lookup', protocol), 'not bound', undefined, ({ world }) => ({
    StartPort: start(world, freePorts(world), true),
    NumberOfPorts: COUNT,
    Token: ref(0n),
  })),
  row(nameOf('Delete', protocol), 'not bound', undefined, ({ world }) => ({
    StartPort: start(world, freePorts(world), true),
    NumberOfPorts: COUNT,
  })),
]);

const ofAny = (...does: Names[]): Condition['of'] => {
  const names = new Set(does.flatMap((each) => [nameOf(each, 'Tcp'), nameOf(each, 'Udp')]));
  return ({ name }) => names.has(name);
};

/** The ways to their codes. */
export const PORT_RESERVATION_CONDITIONS: readonly Condition[] = [
  {
    code: 'ERROR_INVALID_PARAMETER',
    when: 'for no ports, and for port zero',
    of: ofAny('Create', 'Lookup', 'Delete'),
    arrange: () => [{ NumberOfPorts: 0 }, { StartPort: 0 }],
  },
  {
    code: 'ERROR_INVALID_PARAMETER',
    when: 'for a block that goes beyond the last port',
    of: ofAny('Create'),
    arrange: ({ world }) => [{ StartPort: world.ws2.htons(65_534), NumberOfPorts: 3 }, { NumberOfPorts: 65_535 }],
  },
  {
    code: 'ERROR_INVALID_PARAMETER',
    when: 'without room for the token',
    of: ofAny('Create', 'Lookup'),
    arrange: () => [{ Token: null }, { Token: 5 }],
  },
  {
    code: 'ERROR_SHARING_VIOLATION',
    when: 'for a block that is reserved',
    of: ofAny('Create'),
    arrange: ({ world }, { StartPort }) => void start(world, world.ws2.ntohs(StartPort as number), true),
  },
  {
    code: 'ERROR_NOT_FOUND',
    when: 'for another block than the one that was reserved',
    of: ofAny('Lookup', 'Delete'),
    arrange: ({ world }, { StartPort }) => {
      const next = world.ws2.htons(world.ws2.ntohs(StartPort as number) + 1);
      return [{ NumberOfPorts: COUNT - 1 }, { StartPort: next }, { StartPort: next, NumberOfPorts: COUNT - 1 }];
    },
  },
];
