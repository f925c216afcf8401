import { describe, expect, test } from 'vitest';
import {
  AF_INET6,
  FIONBIO,
  INVALID_SOCKET,
  IP_OPTIONS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  JL_BOTH,
  parseSockaddr,
  SO_ACCEPTCONN,
  SOL_SOCKET,
  ref,
  sockaddr_in,
  sockaddr_in6,
  WSAEACCES,
  WSAECONNRESET,
  WSAECONNABORTED,
} from 'ws2spi';
import {
  policy,
  WSPStartup,
  type PolicyDecision,
  type PolicyOptions,
  type PolicyRule,
} from 'ws2spi/providers/layers/policy';
import { defineLayer } from 'ws2spi/chain';
import { describeOnEveryProvider, inWorld, loopback, type World } from '../../../../support/providers.js';

/** Puts a world under rules; every decision is written down. */
function ruled(world: World, rules: readonly PolicyRule[], options: Partial<PolicyOptions> = {}): PolicyDecision[] {
  const decisions: PolicyDecision[] = [];
  world.stack([policy({ rules, audit: (decision) => void decisions.push(decision), ...options })], true);
  return decisions;
}

const BIND: PolicyRule = { allow: ['bind', 'accept'] };

describeOnEveryProvider('a policy', (on) => {
  on.onEveryFamily('lets connect where a rule allows it, and denies what none does', (world, family) => {
    const address = family === AF_INET6 ? '::1' : '127.0.0.1';
    const other = world.listener(family);
    const { port } = parseSockaddr(other.name);
    const decisions = ruled(world, [BIND, { allow: 'connect', protocol: 'tcp', address, port }]);
    expect(world.connect(world.tcpSocket(family), other.name)).toBe(0);
    world.accept(other.s);
    const { name } = world.listener(family);
    expect(world.connect(world.tcpSocket(family), name)).toBe(WSAEACCES);
    const connects = decisions.filter(({ direction }) => direction === 'connect');
    expect(connects).toMatchObject([
      { verdict: 'allow', protocol: 'tcp', address, port, rule: 2, line: null, name: null },
      { verdict: 'deny', rule: null, reason: 'no rule allows it' },
    ]);
  });

  on.it('denies what a rule denies, whatever others allow, in any order', (world) => {
    const { name } = world.listener();
    const deny: PolicyRule = { deny: 'connect', address: '127.0.0.0/8' };
    const allow: PolicyRule = { allow: 'any' };
    for (const rules of [
      [deny, allow],
      [allow, deny],
    ]) {
      ruled(world, rules);
      expect(world.connect(world.tcpSocket(), name)).toBe(WSAEACCES);
    }
  });

  on.it('without rules denies everything there is', (world) => {
    const before = world.listener();
    const receiver = world.boundUdp();
    ruled(world, []);
    expect(world.connect(world.tcpSocket(), before.name)).toBe(WSAEACCES);
    const udp = world.udpSocket();
    expect(world.code(world.ws2.sendto(udp, Buffer.from('x'), 1, 0, receiver.name, 16))).toBe(WSAEACCES);
    expect(world.connect(udp, receiver.name)).toBe(WSAEACCES);
    expect(world.code(world.ws2.bind(udp, loopback(), 16))).toBe(WSAEACCES);
    const tcp = world.tcpSocket();
    expect(world.code(world.ws2.bind(tcp, world.closedPort(), 16))).toBe(WSAEACCES);
    // The system's choice of a port is good for connecting as well: it is asked about when it listens.
    expect(world.code(world.ws2.bind(tcp, loopback(), 16))).toBe(0);
    expect(world.code(world.ws2.listen(tcp, 5))).toBe(WSAEACCES);
    expect(world.ws2.WSAJoinLeaf(udp, receiver.name, 16, null, null, null, null, JL_BOTH)).toBe(INVALID_SOCKET);
  });

  on.it('resets callers that it does not allow, and accepts the others', (world) => {
    let address = '10.0.0.1';
    const layers = (): PolicyRule[] => [{ allow: 'bind' }, { allow: 'accept', address }];
    ruled(world, layers());
    const refused = world.listener();
    world.stack([defineLayer({ name: 'nothing' })]);
    const client = world.tcpSocket();
    world.connect(client, refused.name);
    world.ws2.ioctlsocket(refused.s, FIONBIO, ref(1));
    expect(world.ws2.accept(refused.s, null, null)).toBe(INVALID_SOCKET);
    expect([WSAECONNRESET, WSAECONNABORTED]).toContain(world.code(world.ws2.recv(client, Buffer.alloc(1), 1, 0)));
    address = '127.0.0.0/8';
    const decisions = ruled(world, layers());
    const taken = world.listener();
    const { port } = parseSockaddr(taken.name);
    world.stack([defineLayer({ name: 'nothing' })]);
    world.connect(world.tcpSocket(), taken.name);
    expect(world.accept(taken.s)).not.toBe(INVALID_SOCKET);
    expect(decisions.at(-1)).toMatchObject({
      direction: 'accept',
      address: '127.0.0.1',
      port,
      verdict: 'allow',
      rule: 2,
    });
  });

  on.it('goes by the port of the listener that is called', (world) => {
    const free = world.listener();
    const { port } = parseSockaddr(free.name);
    world.ws2.closesocket(free.s);
    ruled(world, [{ allow: 'bind' }, { allow: 'accept', port }]);
    const s = world.tcpSocket();
    expect(world.code(world.ws2.bind(s, loopback(port), 16))).toBe(0);
    expect(world.code(world.ws2.listen(s, 5))).toBe(0);
    world.stack([defineLayer({ name: 'nothing' })]);
    world.connect(world.tcpSocket(), loopback(port));
    expect(world.accept(s)).not.toBe(INVALID_SOCKET);
  });

  on.it('takes 0 for a port that the system chooses', (world) => {
    ruled(world, [{ allow: 'bind', port: 0 }]);
    const s = world.tcpSocket();
    world.ws2.bind(s, loopback(), 16);
    expect(world.code(world.ws2.listen(s, 5))).toBe(0);
    const accepting = new Uint8Array(4);
    world.ws2.getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, accepting, ref(4));
    expect(accepting[0]).toBe(1);
    expect(world.code(world.ws2.bind(world.udpSocket(), loopback(), 16))).toBe(0);
    expect(world.code(world.ws2.bind(world.udpSocket(), world.closedPort(), 16))).toBe(WSAEACCES);
  });

  on.it('denies a bind to every address where it denies one of them', (world) => {
    ruled(world, [{ allow: 'bind' }, { deny: 'bind', address: '10.0.0.5' }]);
    expect(world.code(world.ws2.bind(world.udpSocket(), sockaddr_in('0.0.0.0', 0), 16))).toBe(WSAEACCES);
    expect(world.code(world.ws2.bind(world.udpSocket(), loopback(), 16))).toBe(0);
    const six = world.udpSocket(AF_INET6);
    expect(world.code(world.ws2.bind(six, sockaddr_in6('::', 0), 28))).toBe(WSAEACCES);
    expect(world.code(world.ws2.bind(six, sockaddr_in6('::1', 0), 28))).toBe(0);
  });

  on.it('tells sending from connecting, and UDP from TCP', (world) => {
    const { name } = world.boundUdp();
    const { port } = parseSockaddr(name);
    const send = (s: number): number => world.code(world.ws2.sendto(s, Buffer.from('x'), 1, 0, name, 16));
    ruled(world, [{ allow: 'send', protocol: 'udp', port }]);
    expect(send(world.udpSocket())).toBe(0);
    expect(world.connect(world.udpSocket(), name)).toBe(WSAEACCES);
    ruled(world, [{ allow: 'connect', protocol: 'udp', port }]);
    expect(send(world.udpSocket())).toBe(WSAEACCES);
    const connected = world.udpSocket();
    expect(world.connect(connected, name)).toBe(0);
    expect(world.ws2.send(connected, Buffer.from('x'), 1, 0)).toBe(1);
    expect(send(connected)).toBe(WSAEACCES);
    ruled(world, [{ allow: ['connect', 'send'], protocol: 'tcp', port }]);
    expect(send(world.udpSocket())).toBe(WSAEACCES);
  });

  on.it('keeps packets from naming their own way', (world) => {
    ruled(world, [{ allow: 'any' }], { audit: undefined as never });
    const s = world.tcpSocket();
    const route = Uint8Array.of(0x83, 7, 4, 127, 0, 0, 1, 0);
    expect(world.code(world.ws2.setsockopt(s, IPPROTO_IP, IP_OPTIONS, route, 8))).toBe(WSAEACCES);
    expect(world.defects.splice(0)[0]!.message).toMatch(/IP_OPTIONS is denied/);
  });

  on.it('takes an address that is mapped into IPv6 for what it is', (world) => {
    const { s: listener, name } = world.listener();
    const { port } = parseSockaddr(name);
    const dual = (): number => {
      const s = world.tcpSocket(AF_INET6);
      world.ws2.setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, new Uint8Array(4), 4);
      return s;
    };
    const mapped = sockaddr_in6('::ffff:127.0.0.1', port);
    ruled(world, [{ allow: 'connect', address: '::/0' }]);
    expect(world.connect(dual(), mapped)).toBe(WSAEACCES);
    ruled(world, [{ allow: 'connect', address: '127.0.0.1' }]);
    expect(world.connect(dual(), mapped)).toBe(0);
    world.accept(listener);
  });
});

describe('a policy by itself', () => {
  test(
    'tells each denial once as a defect, unless there is an audit',
    inWorld('memory', (world) => {
      const { name } = world.listener();
      world.stack([policy({ rules: [], name: 'fence' })]);
      world.connect(world.tcpSocket(), name);
      world.connect(world.tcpSocket(), name);
      const { port } = parseSockaddr(name);
      expect(world.defects.splice(0).map(({ message, provider }) => [message, provider])).toEqual([
        [`fence: to connect to 127.0.0.1:${port} (tcp) is denied: no rule allows it`, 'fence'],
      ]);
      world.stack([policy({ rules: [{ deny: 'connect' }], audit: false })]);
      world.connect(world.tcpSocket(), name);
    }),
  );

  test(
    'stops telling of denials that never end',
    inWorld('memory', (world) => {
      world.stack([policy({ rules: [] })]);
      for (let port = 1; port <= 200; port++) world.connect(world.tcpSocket(), loopback(port));
      const told = world.defects.splice(0);
      expect(told).toHaveLength(101);
      expect(told.at(-1)!.message).toMatch(/not told any more: `audit` has it all/);
    }),
  );

  test.each([
    [{}, /`file` or `rules` must be given/],
    [{ file: 'a', rules: [] }, /both `file` and `rules`/],
    [{ rule: [] }, /no option "rule": did you mean "rules"/],
    [{ rules: {} }, /`rules` must be a list of rules/],
    [{ rules: [], audit: 7 }, /`audit` must be the path of a file, a function, or false/],
    [{ rules: [], interval: -1 }, /`interval` must be a number of milliseconds/],
    [{ rules: [{ allow: 'conect' }] }, /rules\[0\]\.allow must be one of .*: did you mean "connect"/],
    [{ rules: [{ allow: 'connect', prt: 1 }] }, /rules\[0\] has no "prt": did you mean "port"/],
    [{ rules: [{ allow: 'connect', port: () => 1 }] }, /rules\[0\]\.port is a function/],
    [{ rules: [{ allow: 'connect', address: undefined }] }, /rules\[0\]\.address is undefined: leave it out, or name/],
    [{ file: 'a', audit: './a' }, /`audit` must be another file than `file`/],
    [{ file: 'a', learn: 'a' }, /`learn` must be another file than `file`/],
    [{ rules: [{}] }, /rules\[0\] must have either "allow" or "deny"/],
  ])('refuses the options %o', (options, message) => {
    expect(() => policy(options as unknown as PolicyOptions)).toThrow(message);
  });

  test(
    'from a catalog starts nothing, and says what to install',
    inWorld('memory', (world) => {
      world.stack([{ name: 'policy', version: '1', ifs: true, WSPStartup }]);
      const [entry] = world.entries.values();
      expect(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(INVALID_SOCKET);
      expect(world.defects.splice(0)[0]!.message).toMatch(/install a module of two lines/);
    }),
  );
});
