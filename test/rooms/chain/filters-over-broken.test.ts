// What filters make of a layer below them whose names and connections are odd: what they cannot ask about does not
// pass.
import { expect } from 'vitest';
import { INVALID_SOCKET, WSAECONNRESET, WSAEINVAL, WSASYSCALLFAILURE, type Ref } from 'ws2spi';
import { defineLayer, type Filters, type LayerOverrides } from 'ws2spi/chain';
import { ANSWERS, type Misbehaviour } from '../../support/misbehaviour.js';
import { describeOnEveryProvider, loopback, type World } from '../../support/providers.js';
import { withoutRejections } from '../../support/rejections.js';

/** Filters over a layer whose function misbehaves once told so. */
function filteringOver(world: World, filters: Filters, name: keyof LayerOverrides, misbehave: Misbehaviour) {
  const mood = { bad: false };
  const sound = (lower: never, args: never[]): unknown =>
    (lower[`lp${name}` as never] as (...args: never[]) => unknown)(...args);
  const override = (lower: never, ...args: never[]): unknown =>
    mood.bad ? misbehave(lower, ...args) : sound(lower, args);
  world.stack(
    [defineLayer({ name: 'filter', ...filters }), defineLayer({ name: 'bad', overrides: { [name]: override } })],
    true,
  );
  return mood;
}

/** A filter that notes the ports it is asked about. */
function noting(): { asked: number[]; filter: (request: { port: number }) => void } {
  const asked: number[] = [];
  return { asked, filter: ({ port }) => void asked.push(port) };
}

describeOnEveryProvider('a filter of bind over a layer', (on) => {
  for (const [how, misbehave, report] of ANSWERS) {
    on.it(`whose WSPGetSockName ${how}: a socket gets no name by connecting or sending`, (world) =>
      withoutRejections(() => {
        const { s: receiver, name: to } = world.boundUdp();
        const { s: listener, name } = world.listener();
        const { asked, filter } = noting();
        const mood = filteringOver(world, { bind: filter }, 'WSPGetSockName', misbehave);
        const [stream, datagram] = [world.tcpSocket(), world.udpSocket()];
        mood.bad = true;
        expect(world.connect(stream, name)).toBe(WSASYSCALLFAILURE);
        expect(world.code(world.ws2.sendto(datagram, Buffer.from('x'), 1, 0, to, 16))).toBe(WSASYSCALLFAILURE);
        expect(asked).toEqual([]);
        const defects = world.takeDefects();
        expect(defects).toHaveLength(2);
        for (const defect of defects) expect(defect).toMatch(report);
        for (const s of [listener, receiver]) world.nonBlocking(s);
        expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
        mood.bad = false;
        expect(world.connect(stream, name)).toBe(0);
        expect(asked).toEqual([0]);
      }),
    );

    on.it(`whose WSPBind ${how}: the name that the filter chose is not passed over`, (world) =>
      withoutRejections(() => {
        const { name } = world.listener();
        const bind: Filters['bind'] = (request) => void (request.address = '127.0.0.1');
        const mood = filteringOver(world, { bind }, 'WSPBind', misbehave);
        const s = world.tcpSocket();
        mood.bad = true;
        expect(world.connect(s, name)).toBe(WSASYSCALLFAILURE);
        const defects = world.takeDefects();
        expect(defects).toHaveLength(1);
        expect(defects[0]).toMatch(report);
        mood.bad = false;
        expect(world.connect(s, name)).toBe(0);
      }),
    );
  }

  on.it('that says of every socket that it has a name is believed: the filter is not asked', (world) => {
    const { name } = world.listener();
    const { asked, filter } = noting();
    const mood = filteringOver(world, { bind: filter }, 'WSPGetSockName', () => 0);
    mood.bad = true;
    expect(world.connect(world.tcpSocket(), name)).toBe(0);
    expect(asked).toEqual([]);
  });

  on.it(
    'that says of a socket with a name that it has none: binding it again fails, and so does what led to it',
    (world) => {
      const { name } = world.listener();
      const bind: Filters['bind'] = (request) => void (request.address = '127.0.0.1');
      const mood = filteringOver(world, { bind }, 'WSPGetSockName', (_lower, ...args: unknown[]) => {
        (args.at(-1) as Ref<number>).value = WSAEINVAL;
        return -1;
      });
      const s = world.tcpSocket();
      expect(world.code(world.ws2.bind(s, loopback(), 16))).toBe(0);
      mood.bad = true;
      expect(world.connect(s, name)).toBe(WSAEINVAL);
    },
  );
});

describeOnEveryProvider('a filter of accept over a layer', (on) => {
  for (const [how, misbehave] of ANSWERS) {
    on.it(`whose WSPAccept ${how} is asked about nobody, and about the next one as ever`, (world) =>
      withoutRejections(() => {
        const { asked, filter } = noting();
        const mood = filteringOver(world, { accept: filter }, 'WSPAccept', misbehave);
        const { s: listener, name } = world.listener();
        world.entries.clear();
        const client = world.tcpSocket();
        expect(world.connect(client, name)).toBe(0);
        mood.bad = true;
        expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
        expect(world.ws2.WSAGetLastError()).not.toBe(0);
        expect(asked).toEqual([]);
        world.takeDefects();
        mood.bad = false;
        const server = world.accept(listener);
        expect(asked).toEqual([world.portOf(client)]);
        world.send(client, 'hello');
        expect(world.receiveAll(server, 5)).toBe('hello');
      }),
    );
  }

  for (const [what, spoil] of [
    ['of no bytes', (_name, length) => void (length.value = 0)],
    ['cut short', (_name, length) => void (length.value = 7)],
    ['whose length is not a number', (_name, length) => void (length.value = 'x' as never)],
    ['of a family that nobody knows', (name) => void (name[0] = 77)],
    ['of another family', (name) => void (name[0] = 23)],
    ['of a local socket', (name) => void (name[0] = 1)],
  ] as readonly (readonly [string, (name: Uint8Array, length: Ref<number>) => void])[]) {
    on.it(`whose WSPAccept gives a name ${what}: nobody gets in whom the filter was not asked about`, (world) => {
      const asked: string[] = [];
      const accept: Filters['accept'] = ({ address }) => void asked.push(address);
      const mood = filteringOver(world, { accept }, 'WSPAccept', (lower, ...args: unknown[]) => {
        const { lpWSPAccept } = lower as { lpWSPAccept: (...args: unknown[]) => number };
        const accepted = lpWSPAccept(...args);
        if (accepted !== INVALID_SOCKET) spoil(args[1] as Uint8Array, args[2] as Ref<number>);
        return accepted;
      });
      const { s: listener, name } = world.listener();
      world.entries.clear();
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      world.nonBlocking(listener);
      mood.bad = true;
      world.settle();
      const accepted = world.ws2.accept(listener, null, null);
      if (accepted !== INVALID_SOCKET) world.track(accepted);
      world.takeDefects();
      expect([accepted, asked]).toEqual([INVALID_SOCKET, []]);
      expect(world.receive(client)).toBe(-WSAECONNRESET);
    });
  }
});
