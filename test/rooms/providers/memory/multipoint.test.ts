// Multipoint sessions with a root: who invites, who asks to join, whose data goes where, and how a session ends.
import { expect, test } from 'vitest';
import {
  AF_ATM,
  AF_IPX,
  ATMPROTO_AAL5,
  CF_ACCEPT,
  CF_DEFER,
  CF_REJECT,
  FD_ACCEPT,
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  INVALID_SOCKET,
  JL_BOTH,
  JL_RECEIVER_ONLY,
  JL_SENDER_ONLY,
  MSG_PARTIAL,
  NSPROTO_SPX,
  SD_BOTH,
  SERVICETYPE_GUARANTEED,
  SIO_MULTICAST_SCOPE,
  SIO_MULTIPOINT_LOOPBACK,
  SOCK_SEQPACKET,
  sockaddr_atm,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_C_ROOT,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_MULTIPOINT_D_ROOT,
  WSA_FLAG_OVERLAPPED,
  WSAEAFNOSUPPORT,
  WSAEALREADY,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEISCONN,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAETIMEDOUT,
  WSATRY_AGAIN,
  WSAEWOULDBLOCK,
  type QOS,
  type WSABUF,
} from 'ws2spi';
import { createMemoryNetwork, type MemoryNetworkOptions } from 'ws2spi/providers/memory';
import { NO_LAYERS, World } from '../../../support/providers.js';
import { ioctl } from '../../../support/ioctls.js';
import { quality } from '../../../support/qualities.js';

const ROOT = WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_ROOT;
const LEAF = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;

const data = (text: string, room = text.length): WSABUF => {
  const buf = Buffer.alloc(room);
  buf.write(text);
  return { len: room, buf };
};
const textOf = ({ buf, len }: WSABUF): string => Buffer.from(buf).toString('latin1', 0, len);

/** The network's own station, at a program of the dynamic range. */
const ANYWHERE = sockaddr_atm(`47000580${'00'.repeat(9)}02000000000100`);

/** A world of ATM. */
class Atm extends World {
  open(flags: number): number {
    return this.ws2.WSASocket(AF_ATM, SOCK_SEQPACKET, ATMPROTO_AAL5, null, 0, flags | WSA_FLAG_OVERLAPPED);
  }
  member(flags: number): number {
    return this.track(this.open(flags));
  }
  /** A socket that listens, and its name. */
  listening(flags: number): { s: number; name: Uint8Array } {
    const s = this.member(flags);
    const any = ANYWHERE;
    expect(this.code(this.ws2.bind(s, any, any.length))).toBe(0);
    expect(this.code(this.ws2.listen(s, 8))).toBe(0);
    return { s, name: this.nameOf(s) };
  }
  /** Joins: the socket, or the error as a negative number. */
  join(s: number, name: Uint8Array, flags: number = JL_BOTH, caller?: WSABUF, callee?: WSABUF): number {
    const joined = this.ws2.WSAJoinLeaf(s, name, name.length, caller ?? null, callee ?? null, null, null, flags);
    return joined === INVALID_SOCKET ? -this.ws2.WSAGetLastError() : joined;
  }
  /** A root that does not block, and so many leaves that it has invited: their sockets, and those that stand for them. */
  session(leaves: number): { root: number; leaves: number[]; standIns: number[] } {
    const root = this.member(ROOT);
    this.nonBlocking(root);
    const [members, standIns]: [number[], number[]] = [[], []];
    for (let count = 0; count < leaves; count++) {
      const { s: listener, name } = this.listening(LEAF);
      standIns.push(this.track(this.join(root, name)));
      members.push(this.accept(listener));
      this.nonBlocking(members.at(-1)!);
      this.settle();
    }
    return { root, leaves: members, standIns };
  }
}

/** A test with ATM, alone and below a layer. */
function atm(sentence: string, body: (world: Atm) => void, options: MemoryNetworkOptions = {}): void {
  test(sentence, () => {
    const world = new Atm('memory', NO_LAYERS, { network: createMemoryNetwork(options) });
    body(world);
    world.close();
  });
}

atm('a root invites leaves; what it sends goes to all of them, and what they send to it alone', (world) => {
  const { root, leaves, standIns } = world.session(3);
  expect(new Set([root, ...leaves, ...standIns]).size).toBe(7);
  expect(world.send(root, 'to all')).toBe(6);
  world.settle();
  expect(leaves.map((leaf) => world.receive(leaf))).toEqual(['to all', 'to all', 'to all']);
  for (const [at, leaf] of leaves.entries()) expect(world.send(leaf, `from ${at}`)).toBe(6);
  world.settle();
  const heard = leaves.map(() => world.receive(root));
  expect([...heard].sort()).toEqual(['from 0', 'from 1', 'from 2']);
  expect(world.receive(root)).toBe(-WSAEWOULDBLOCK);
  expect(leaves.map((leaf) => world.receive(leaf))).toEqual(leaves.map(() => -WSAEWOULDBLOCK));
  // The sockets that stand for leaves carry no data.
  expect(world.send(standIns[0]!, 'x')).toBe(-WSAEOPNOTSUPP);
  expect(world.receive(standIns[0]!)).toBe(-WSAEOPNOTSUPP);
});

atm(
  'a leaf asks a root that listens to join, and the root goes on to listen, to invite, to send and to receive',
  (world) => {
    const { s: root, name } = world.listening(ROOT);
    world.nonBlocking(root);
    const event = world.event();
    expect(world.eventSelect(root, event, FD_ACCEPT | FD_READ)).toBe(0);
    const leaf = world.member(LEAF);
    world.nonBlocking(leaf);
    const answer = data('', 32);
    expect(world.join(leaf, name, JL_BOTH, data('let me in'), answer)).toBe(leaf);
    expect(world.join(leaf, name)).toBe(-WSAEALREADY);
    expect(world.networkEvents(root, event)).toEqual({ ACCEPT: 0 });
    let asked = '';
    const standIn = world.track(
      world.ws2.WSAAccept(
        root,
        null,
        null,
        (_id, caller, _s, _g, _callee, callee) => {
          asked = textOf(caller!);
          callee!.buf.set(Buffer.from('come'));
          callee!.len = 4;
          return CF_ACCEPT;
        },
        0,
      ),
    );
    world.settle();
    expect([asked, textOf(answer)]).toEqual(['let me in', 'come']);
    expect(world.join(leaf, name)).toBe(-WSAEISCONN);
    expect(world.send(leaf, 'hello root')).toBe(10);
    expect(world.networkEvents(root, event)).toEqual({ READ: 0 });
    expect(world.receive(root)).toBe('hello root');
    const { s: listener, name: other } = world.listening(LEAF);
    world.track(world.join(root, other));
    const second = world.accept(listener);
    world.settle();
    expect(world.send(root, 'to both')).toBe(7);
    expect([world.receive(leaf), world.receive(second)]).toEqual(['to both', 'to both']);
    world.ws2.closesocket(standIn);
    world.settle();
    expect(world.send(root, 'to one')).toBe(6);
    expect(world.receive(second)).toBe('to one');
  },
);

atm('a root that blocks waits for the answer of whom it invites', (world) => {
  const { name } = world.listening(LEAF);
  const root = world.member(ROOT);
  // Nobody accepts: after Windows' 21 seconds, which are virtual, the join fails.
  const started = world.now();
  expect(world.join(root, name)).toBe(-WSAETIMEDOUT);
  expect(world.now() - started).toBe(21_000);
  expect(world.send(root, 'x')).toBe(-WSAENOTCONN);
});

atm('FD_CONNECT at the root tells how an invitation has ended, and one is under way at a time', (world) => {
  const { s: listener, name } = world.listening(LEAF);
  const root = world.member(ROOT);
  const event = world.event();
  expect(world.eventSelect(root, event, FD_CONNECT | FD_CLOSE | FD_WRITE)).toBe(0);
  const declined = world.track(world.join(root, name, JL_BOTH, data('please')));
  expect(declined).not.toBe(root);
  expect(world.join(root, name)).toBe(-WSAEALREADY);
  expect(world.networkEvents(root, event)).toEqual({});
  let invitation = '';
  const decline = world.ws2.WSAAccept(
    listener,
    null,
    null,
    (_id, caller) => {
      invitation = textOf(caller!);
      return CF_REJECT;
    },
    0,
  );
  expect([decline, world.ws2.WSAGetLastError(), invitation]).toEqual([INVALID_SOCKET, WSAECONNREFUSED, 'please']);
  expect(world.networkEvents(root, event)).toEqual({ CONNECT: WSAECONNREFUSED });
  expect(world.send(root, 'x')).toBe(-WSAENOTCONN);
  // Another try, deferred at first.
  const standIn = world.track(world.join(root, name));
  expect(world.ws2.WSAAccept(listener, null, null, () => CF_DEFER, 0)).toBe(INVALID_SOCKET);
  expect(world.ws2.WSAGetLastError()).toBe(WSATRY_AGAIN);
  expect(world.networkEvents(root, event)).toEqual({});
  const leaf = world.accept(listener);
  expect(world.networkEvents(root, event)).toMatchObject({ CONNECT: 0 });
  expect(world.join(root, name)).toBe(-WSAEISCONN);
  expect(world.send(root, 'welcome')).toBe(7);
  expect(world.receive(leaf)).toBe('welcome');
  // What the leaf does, the socket that stands for it is told.
  world.ws2.closesocket(leaf);
  expect(Object.keys(world.networkEvents(standIn))).toContain('CLOSE');
  expect(world.send(root, 'x')).toBe(-WSAENOTCONN);
});

atm('an invitation is taken back by closing the socket that stands for the leaf', (world) => {
  const { s: listener, name } = world.listening(LEAF);
  world.nonBlocking(listener);
  const root = world.member(ROOT);
  world.nonBlocking(root);
  const standIn = world.join(root, name);
  world.ws2.closesocket(standIn);
  world.settle();
  expect(world.code(world.ws2.accept(listener, null, null))).toBe(WSAEWOULDBLOCK);
  world.track(world.join(root, name));
  world.accept(listener);
});

for (const [how, end] of [
  ['closed', (world: Atm, root: number) => world.ws2.closesocket(root)],
  ['shut down', (world: Atm, root: number) => world.ws2.shutdown(root, SD_BOTH)],
] as const) {
  atm(
    `a root that is ${how} dismantles the session: every leaf gets FD_CLOSE, and so does what stands for it`,
    (world) => {
      const { root, leaves, standIns } = world.session(3);
      const all = [...leaves, ...standIns];
      for (const s of all) expect(world.eventSelect(s, world.event(), FD_CLOSE)).toBe(0);
      expect(end(world, root)).toBe(0);
      for (const s of all) expect(Object.keys(world.networkEvents(s))).toEqual(['CLOSE']);
      if (how === 'shut down') {
        expect(world.send(root, 'x')).toBe(-WSAESHUTDOWN);
        expect(world.join(root, world.listening(LEAF).name)).toBe(-WSAESHUTDOWN);
      }
    },
  );
}

atm('data goes with the end of a session, to every leaf', (world) => {
  const { root, leaves } = world.session(2);
  expect(world.code(world.ws2.WSASendDisconnect(root, data('good night')))).toBe(0);
  world.settle();
  for (const leaf of leaves) {
    const last = data('', 32);
    expect(world.code(world.ws2.WSARecvDisconnect(leaf, last))).toBe(0);
    expect(textOf(last)).toBe('good night');
  }
});

atm('a leaf that leaves costs the others nothing', (world) => {
  const { root, leaves, standIns } = world.session(3);
  world.ws2.closesocket(leaves[1]!);
  world.settle();
  expect(world.send(root, 'still here')).toBe(10);
  expect([world.receive(leaves[0]!), world.receive(leaves[2]!)]).toEqual(['still here', 'still here']);
  expect(world.receive(standIns[1]!)).toBeLessThan(0);
  // And one that the root drops is told.
  expect(world.eventSelect(leaves[0]!, world.event(), FD_CLOSE)).toBe(0);
  world.ws2.closesocket(standIns[0]!);
  expect(Object.keys(world.networkEvents(leaves[0]!))).toEqual(['CLOSE']);
});

atm('senders and receivers alone do what they have said', (world) => {
  const { s: root, name } = world.listening(ROOT);
  const leaves = [JL_SENDER_ONLY, JL_RECEIVER_ONLY].map((flags) => {
    const leaf = world.member(LEAF);
    world.nonBlocking(leaf);
    expect(world.join(leaf, name, flags)).toBe(leaf);
    world.accept(root);
    world.settle();
    return leaf;
  });
  world.nonBlocking(root);
  world.send(root, 'news');
  expect(leaves.map((leaf) => world.receive(leaf))).toEqual([-WSAEWOULDBLOCK, 'news']);
  expect(leaves.map((leaf) => world.send(leaf, 'reply'))).toEqual([5, -WSAEOPNOTSUPP]);
  expect(world.receive(root)).toBe('reply');
});

atm('a root hears only whom it wants to hear, and sends only to whom it wants to send', (world) => {
  const root = world.member(ROOT);
  world.nonBlocking(root);
  const leaves = [JL_SENDER_ONLY, JL_RECEIVER_ONLY].map((flags) => {
    const { s: listener, name } = world.listening(LEAF);
    world.track(world.join(root, name, flags));
    const leaf = world.accept(listener);
    world.nonBlocking(leaf);
    world.settle();
    return leaf;
  });
  expect(world.send(root, 'news')).toBe(4);
  expect(leaves.map((leaf) => world.receive(leaf))).toEqual(['news', -WSAEWOULDBLOCK]);
  for (const leaf of leaves) world.send(leaf, 'reply');
  world.settle();
  expect(world.receive(root)).toBe('reply');
  expect(world.receive(root)).toBe(-WSAEWOULDBLOCK);
});

atm(
  'messages stay whole: a leaf that comes in the middle of one gets the next, and parts of two are not mixed',
  (world) => {
    const { root, leaves } = world.session(2);
    expect(world.send(root, 'first ', MSG_PARTIAL)).toBe(6);
    const { s: listener, name } = world.listening(LEAF);
    world.track(world.join(root, name));
    const late = world.accept(listener);
    world.nonBlocking(late);
    world.settle();
    world.send(root, 'message');
    world.send(root, 'second');
    expect(leaves.map((leaf) => world.receive(leaf))).toEqual(['first message', 'first message']);
    expect(world.receive(late)).toBe('second');
    world.send(leaves[0]!, 'abcdef');
    world.send(leaves[1]!, 'uvwxyz');
    world.settle();
    const parts = [1, 2, 3, 4].map(() => world.receive(root, 3));
    expect(parts).toEqual([-WSAEMSGSIZE, 'def', -WSAEMSGSIZE, 'xyz']);
  },
);

atm('a leaf that takes nothing holds up the others for a while only', (world) => {
  const { root, leaves, standIns } = world.session(2);
  const message = 'x'.repeat(60_000);
  while (world.send(root, message) > 0) {
    world.settle();
    expect(world.receive(leaves[0]!, 60_000)).toBe(message);
  }
  expect(world.ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
  const event = world.event();
  expect(world.eventSelect(root, event, FD_WRITE)).toBe(0);
  expect(world.signalled(event, 9000)).toBe(false);
  expect(world.signalled(event, 2000)).toBe(true);
  expect(world.send(root, 'at last')).toBe(7);
  expect(world.receive(leaves[0]!)).toBe('at last');
  expect(world.receive(leaves[1]!)).toBeLessThan(0);
  expect(world.eventSelect(standIns[1]!, world.event(), FD_CLOSE)).toBe(0);
  expect(Object.keys(world.networkEvents(standIns[1]!))).toEqual(['CLOSE']);
});

atm('joins on the wrong plane, and with the wrong kind of socket, are refused, and change nothing', (world) => {
  for (const flags of [
    WSA_FLAG_MULTIPOINT_C_ROOT,
    WSA_FLAG_MULTIPOINT_D_LEAF,
    ROOT | WSA_FLAG_MULTIPOINT_C_LEAF,
    ROOT | WSA_FLAG_MULTIPOINT_D_LEAF,
    WSA_FLAG_MULTIPOINT_C_ROOT | WSA_FLAG_MULTIPOINT_D_LEAF,
    WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_ROOT,
  ]) {
    expect(world.open(flags), `${flags}`).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);
  }
  // SPX has no sessions.
  expect(world.ws2.WSASocket(AF_IPX, SOCK_SEQPACKET, NSPROTO_SPX, null, 0, LEAF)).toBe(INVALID_SOCKET);
  expect(world.ws2.WSAGetLastError()).toBe(WSAEINVAL);

  const plain = world.listening(0);
  const leaf = world.listening(LEAF);
  const root = world.listening(ROOT);
  const [aRoot, aLeaf, aPlain] = [world.member(ROOT), world.member(LEAF), world.member(0)];
  for (const s of [aRoot, aLeaf, aPlain]) world.nonBlocking(s);
  expect(world.join(aPlain, leaf.name)).toBe(-WSAEINVAL);
  // Invited, but not a leaf; asked, but not a root.
  const event = world.event();
  world.eventSelect(aRoot, event, FD_CONNECT);
  for (const wrong of [plain, root]) {
    world.track(world.join(aRoot, wrong.name));
    expect(world.networkEvents(aRoot, event)).toEqual({ CONNECT: WSAECONNREFUSED });
  }
  world.eventSelect(aLeaf, event, FD_CONNECT);
  for (const wrong of [plain, leaf]) {
    expect(world.join(aLeaf, wrong.name)).toBe(aLeaf);
    expect(world.networkEvents(aLeaf, event)).toEqual({ CONNECT: WSAECONNREFUSED });
  }
  expect(world.connect(aRoot, leaf.name)).toBe(WSAEINVAL);
  world.nonBlocking(aPlain, 0);
  expect(world.connect(aPlain, root.name)).toBe(WSAECONNREFUSED);
  expect(world.connect(world.member(0), leaf.name)).toBe(WSAECONNREFUSED);

  // Arguments.
  expect(world.join(aRoot, leaf.name, 0)).toBe(-WSAEINVAL);
  expect(world.join(aRoot, leaf.name, 7)).toBe(-WSAEINVAL);
  expect(world.join(aRoot, new Uint8Array(16))).toBe(-WSAEFAULT);
  expect(world.join(aRoot, new Uint8Array(76).fill(2, 0, 1))).toBe(-WSAEAFNOSUPPORT);
  expect(world.join(aRoot, leaf.name, JL_BOTH, data('x'.repeat(132)))).toBe(-WSAEFAULT);
  expect(world.send(aRoot, 'x')).toBe(-WSAENOTCONN);
  for (const code of [SIO_MULTIPOINT_LOOPBACK, SIO_MULTICAST_SCOPE]) {
    expect(ioctl(world, aRoot, code, { input: new Uint8Array(4) }).code).toBe(WSAEOPNOTSUPP);
  }
  // And after all that they join.
  world.eventSelect(aRoot, null, 0);
  world.track(world.join(aRoot, leaf.name));
  world.accept(leaf.s);
  world.settle();
  expect(world.send(aRoot, 'x')).toBe(1);
});

atm(
  'over a link that takes time a join takes a way there and back',
  (world) => {
    const { s: listener, name } = world.listening(LEAF);
    const root = world.member(ROOT);
    const event = world.event();
    world.eventSelect(root, event, FD_CONNECT);
    const started = world.now();
    world.track(world.join(root, name));
    const leaf = world.accept(listener);
    expect(world.now() - started).toBe(30);
    expect(world.signalled(event, 1000)).toBe(true);
    expect(world.now() - started).toBe(60);
    world.send(root, 'x');
    expect(world.receive(leaf)).toBe('x');
    expect(world.now() - started).toBe(90);
  },
  { latency: 30 },
);

atm(
  'a leaf is invited with the quality of service that the root asks for, while the network has it to give',
  (world) => {
    const root = world.member(ROOT);
    world.nonBlocking(root);
    const wanted = (): QOS => quality({ TokenRate: 600, ServiceType: SERVICETYPE_GUARANTEED });
    const invite = (name: Uint8Array): number =>
      world.ws2.WSAJoinLeaf(root, name, name.length, null, null, wanted(), null, JL_BOTH);
    const { s: listener, name } = world.listening(LEAF);
    world.track(invite(name));
    let offered: number | undefined;
    world.track(
      world.ws2.WSAAccept(
        listener,
        null,
        null,
        (_id, _data, lpSQOS) => {
          offered = lpSQOS?.ReceivingFlowspec.TokenRate;
          return CF_ACCEPT;
        },
        0,
      ),
    );
    world.settle();
    expect(offered).toBe(600);
    expect(world.send(root, 'paid for')).toBe(8);
    // Another 600 bytes a second there are not.
    const second = world.listening(LEAF);
    expect(invite(second.name)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAEOPNOTSUPP);
    world.nonBlocking(second.s);
    expect(world.code(world.ws2.accept(second.s, null, null))).toBe(WSAEWOULDBLOCK);
  },
  { capacity: 1000 },
);
