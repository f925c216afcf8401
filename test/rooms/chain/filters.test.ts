import { expect } from 'vitest';
import {
  ERROR_IO_PENDING,
  parseSockaddr,
  ref,
  WSAEACCES,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { defineLayer, type FilterRequest, type Filters, type LayerOverrides } from 'ws2spi/chain';
import { describeOnEveryProvider, loopback, type World } from '../../support/providers.js';

const stacked = (world: World, filters: Filters): void =>
  void world.stack([defineLayer({ name: 'filter', ...filters })]);

describeOnEveryProvider('a filter', (on) => {
  on.onEveryFamily('of connect sees where to, and may lead elsewhere', (world, family) => {
    const seen: [number, string, number][] = [];
    let port = 0;
    stacked(world, {
      connect(request) {
        seen.push([request.family, request.address, request.port]);
        request.port = port;
      },
    });
    const { s: listener, name } = world.listener(family);
    ({ port } = parseSockaddr(name));
    const client = world.tcpSocket(family);
    expect(world.connect(client, loopback(9, family))).toBe(0);
    expect(seen).toEqual([[family, parseSockaddr(name).address, 9]]);
    const server = world.accept(listener);
    world.send(client, 'redirected');
    expect(world.receiveAll(server, 10)).toBe('redirected');
    const peer = new Uint8Array(28);
    expect(world.code(world.ws2.getpeername(client, peer, ref(28)))).toBe(0);
    expect(parseSockaddr(peer).port).toBe(port);
  });

  on.it('of connect refuses with WSAEACCES, or the code that it likes', (world) => {
    let refusal: (request: FilterRequest) => number | void = (request) => request.refuse();
    stacked(world, { connect: (request) => refusal(request) });
    const { s: listener, name } = world.listener();
    const s = world.tcpSocket();
    expect(world.connect(s, name)).toBe(WSAEACCES);
    refusal = (request) => request.refuse(WSAECONNREFUSED);
    expect(world.connect(s, name)).toBe(WSAECONNREFUSED);
    refusal = () => 10065;
    expect(world.connect(s, name)).toBe(10065);
    refusal = () => undefined;
    expect(world.connect(s, name)).toBe(0);
    world.accept(listener);
  });

  on.it('of accept leaves a connection where it is when there is too little room for its name', (world) => {
    let asked = 0;
    stacked(world, { accept: () => void asked++ });
    const { s: listener, name } = world.listener();
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    expect(world.code(world.ws2.accept(listener, new Uint8Array(1), ref(1)))).toBe(WSAEFAULT);
    expect(asked).toBe(0);
    world.accept(listener);
    expect(asked).toBe(1);
  });

  on.it('of bind changes the name, or refuses it', (world) => {
    let allowed = false;
    stacked(world, {
      bind(request) {
        if (!allowed) request.refuse();
        request.address = '127.0.0.2';
      },
    });
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(WSAEACCES);
    allowed = true;
    if (world.network !== null) return; // The memory network has no second address.
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
    expect(parseSockaddr(world.nameOf(s)).address).toBe('127.0.0.2');
  });

  on.it('of accept sees who calls, and resets whom it refuses', (world) => {
    const callers: number[] = [];
    let refused = 0;
    stacked(world, {
      accept(request) {
        callers.push(request.port);
        if (refused++ === 0) request.refuse();
      },
    });
    const { s: listener, name } = world.listener();
    const [unwelcome, welcome] = [world.tcpSocket(), world.tcpSocket()];
    expect([world.connect(unwelcome, name), world.connect(welcome, name)]).toEqual([0, 0]);
    const server = world.accept(listener);
    expect(callers).toEqual([world.portOf(unwelcome), world.portOf(welcome)]);
    expect(world.receive(unwelcome)).toBe(-WSAECONNRESET);
    world.send(welcome, 'hi');
    expect(world.receiveAll(server, 2)).toBe('hi');
  });

  on.it('of accept has a non-blocking listener say that there is nobody', (world) => {
    stacked(world, { accept: (request) => request.refuse() });
    const { s: listener, name } = world.listener();
    world.connect(world.tcpSocket(), name);
    world.settle();
    world.nonBlocking(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
  });

  on.it('that throws lets nothing pass', (world) => {
    const boom = (): never => {
      throw new Error('boom');
    };
    stacked(world, { connect: boom, bind: boom });
    const s = world.tcpSocket();
    expect(world.connect(s, loopback(9))).toBe(WSAEACCES);
    expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(WSAEACCES);
    expect(world.takeDefects()).toEqual(
      ['connect', 'bind'].map((hook) =>
        expect.stringMatching(`^filter: its "${hook}" filter threw: .*; what it was asked about is refused$`),
      ),
    );
  });

  on.it('that throws at a caller resets him', (world) => {
    let broken = true;
    stacked(world, {
      accept() {
        if (broken) throw new Error('boom');
      },
    });
    const { s: listener, name } = world.listener();
    const [first, second] = [world.tcpSocket(), world.tcpSocket()];
    world.connect(first, name);
    world.settle();
    world.nonBlocking(listener);
    expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
    expect(world.takeDefects()).toHaveLength(1);
    expect(world.receive(first)).toBe(-WSAECONNRESET);
    broken = false;
    world.connect(second, name);
    world.until(
      () => world.ws2.select(0, { fd_count: 1, fd_array: [listener] }, null, null, { tv_sec: 0, tv_usec: 0 }) === 1,
    );
    world.accept(listener);
  });

  on.it('is not asked about names that are none', (world) => {
    let asked = 0;
    stacked(world, { connect: () => void asked++, bind: () => void asked++ });
    const s = world.tcpSocket();
    expect(world.code(world.ws2.connect(s, new Uint8Array(3), 3))).toBe(WSAEFAULT);
    expect(world.code(world.ws2.bind(s, new Uint8Array(3), 3))).toBe(WSAEFAULT);
    expect(asked).toBe(0);
  });

  on.it('of the outermost layer is asked first, and the next one sees what it changed', (world) => {
    const seen: [string, number][] = [];
    const { s: listener, name } = world.listener();
    const port = parseSockaddr(name).port;
    world.stack([
      defineLayer({
        name: 'outer',
        connect(request) {
          seen.push(['outer', request.port]);
          request.port = 7;
        },
      }),
      defineLayer({
        name: 'inner',
        connect(request) {
          seen.push(['inner', request.port]);
          request.port = port;
        },
      }),
    ]);
    expect(world.connect(world.tcpSocket(), loopback(9))).toBe(0);
    expect(seen).toEqual([
      ['outer', 9],
      ['inner', 7],
    ]);
    world.accept(listener);
  });
});

function connectEx(world: World, name: Uint8Array, data = ''): { s: number; error: number; operation: WSAOVERLAPPED } {
  const s = world.tcpSocket();
  expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
  const operation = new WSAOVERLAPPED();
  const bytes = Buffer.from(data);
  const error = world.code(world.ws2.ConnectEx(s, name, name.length, bytes, bytes.length, null, operation));
  return { s, error, operation };
}

function acceptEx(world: World, listener: number, data = 0): { s: number; error: number; operation: WSAOVERLAPPED } {
  const s = world.tcpSocket();
  const operation = new WSAOVERLAPPED();
  const room = new Uint8Array(data + 64);
  const error = world.code(world.ws2.AcceptEx(listener, s, room, data, 32, 32, null, operation));
  return { s, error, operation };
}

describeOnEveryProvider('the extension functions', (on) => {
  on.it('do not pass a filter of connect by', (world) => {
    let port = 0;
    stacked(world, {
      connect(request) {
        if (request.port === 7) request.refuse();
        request.port = port;
      },
    });
    const { s: listener, name } = world.listener();
    ({ port } = parseSockaddr(name));
    expect(connectEx(world, loopback(7)).error).toBe(WSAEACCES);
    const { operation, error } = connectEx(world, loopback(9), 'elsewhere');
    expect(error).toBe(ERROR_IO_PENDING);
    world.until(() => operation.Internal === 0);
    expect(world.receiveAll(world.accept(listener), 9)).toBe('elsewhere');
  });

  on.it('do not pass a filter of accept by: who is refused is reset, and the call waits for the next', (world) => {
    const allowed: number[] = [];
    stacked(world, {
      accept(request) {
        if (!allowed.includes(request.port)) request.refuse();
      },
    });
    const { s: listener, name } = world.listener();
    const { s, operation } = acceptEx(world, listener);
    const refused = world.tcpSocket();
    expect(world.connect(refused, name)).toBe(0);
    expect(world.receive(refused)).toBe(-WSAECONNRESET);
    expect(operation.Internal).toBe(0x103);
    const client = world.tcpSocket();
    expect(world.code(world.ws2.bind(client, loopback(), 16))).toBe(0);
    allowed.push(world.portOf(client));
    expect(world.connect(client, name)).toBe(0);
    world.until(() => operation.Internal === 0);
    world.send(client, 'welcome');
    expect(world.receiveAll(s, 7)).toBe('welcome');
  });

  on.it('do not pass overridden functions by', (world) => {
    const calls: string[] = [];
    const overrides: LayerOverrides = {
      WSPConnect(lower, ...args) {
        calls.push('connect');
        return lower.lpWSPConnect(...args);
      },
      WSPSend(lower, ...args) {
        calls.push(`send ${args[1].map(({ len }) => len).join('+')}`);
        return lower.lpWSPSend(...args);
      },
      WSPRecv(lower, ...args) {
        const result = lower.lpWSPRecv(...args);
        if (result === 0) calls.push(`receive ${args[3]!.value}`);
        return result;
      },
    };
    world.stack([defineLayer({ name: 'watchful', overrides }), defineLayer({ name: 'above', overrides: {} })]);
    const { s: listener, name } = world.listener();
    const accepting = acceptEx(world, listener, 100);
    const { s, operation } = connectEx(world, name, 'hello');
    world.until(() => operation.Internal === 0 && accepting.operation.Internal === 0);
    expect(accepting.operation.InternalHigh).toBe(5);
    expect(calls).toEqual(['connect', 'send 5', 'receive 5']);
    const buffers = { Head: Buffer.from('head'), HeadLength: 4, Tail: Buffer.from('tail'), TailLength: 4 };
    expect(world.ws2.TransmitFile(s, null, 0, 0, null, buffers, 0)).toBe(true);
    expect(world.receiveAll(accepting.s, 8)).toBe('headtail');
    expect(calls.slice(3, 5)).toEqual(['send 4', 'send 4']);
  });

  on.it('fail as an overridden function fails', (world) => {
    const overrides: LayerOverrides = {
      WSPConnect(_lower, ...args) {
        args[7].value = WSAEACCES;
        return -1;
      },
    };
    world.stack([defineLayer({ name: 'forbids', overrides })]);
    const { name } = world.listener();
    expect(connectEx(world, name).error).toBe(WSAEACCES);
  });
});
