// Quality of service on the protocol of the network in memory that has it: it goes with connections, and is admitted.
import {
  ABLE_TO_RECV_RSVP,
  AF_ATM,
  ALLOWED_TO_SEND_DATA,
  ATMPROTO_AAL5,
  CF_ACCEPT,
  CF_REJECT,
  END_TO_END_QOSABILITY,
  FD_GROUP_QOS,
  FD_QOS,
  FIONBIO,
  INFO_NOT_AVAILABLE,
  INVALID_SOCKET,
  LINE_RATE,
  LOCAL_QOSABILITY,
  QOS,
  QOS_NOT_SPECIFIED,
  ref,
  SERVICETYPE_BESTEFFORT,
  SERVICETYPE_CONTROLLEDLOAD,
  SERVICETYPE_GUARANTEED,
  SERVICETYPE_NOCHANGE,
  SIO_CHK_QOS,
  SIO_GET_GROUP_QOS,
  SIO_SET_GROUP_QOS,
  SOCK_SEQPACKET,
  sockaddr_atm,
  WSA_QOS_ADMISSION_FAILURE,
  WSA_QOS_EFLOWSPEC,
  WSA_QOS_ESERVICETYPE,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOPROTOOPT,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAPROTOCOL_INFOW,
  type LPCONDITIONPROC,
} from 'ws2spi';
import { createMemoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from 'ws2spi/providers/memory';
import { describe, expect, it as test } from 'vitest';
import { NO_LAYERS, World } from '../../../support/providers.js';
import { quality, qualityOf, setQuality, specification } from '../../../support/qualities.js';

/** The one station that a network in memory has. */
const STATION = `47000580${'00'.repeat(9)}02000000000100`;

const guaranteed = (TokenRate: number) => ({ ServiceType: SERVICETYPE_GUARANTEED, TokenRate, TokenBucketSize: 1000 });

interface Scene {
  readonly world: World;
  readonly network: MemoryNetwork;
  readonly listener: number;
  readonly name: Uint8Array;
}

function it(sentence: string, body: (scene: Scene) => void, options: MemoryNetworkOptions = {}): void {
  test(sentence, () => {
    const network = createMemoryNetwork({ capacity: 100_000, ...options });
    const world = new World('memory', NO_LAYERS, { network });
    const listener = socket(world);
    const name = sockaddr_atm(`${STATION}:c0de`);
    expect(world.code(world.ws2.bind(listener, name, 76))).toBe(0);
    expect(world.code(world.ws2.listen(listener, 5))).toBe(0);
    body({ world, network, listener, name });
    world.close();
    expect(network.unreserved).toBe(network.capacity);
  });
}

function socket(world: World): number {
  const s = world.ws2.socket(AF_ATM, SOCK_SEQPACKET, ATMPROTO_AAL5);
  expect(s, `error ${world.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
  return world.track(s);
}

/** Asks for a connection without waiting; 0 or the error. */
function ask({ world, name }: Scene, s: number, qos: QOS | null): number {
  world.ws2.ioctlsocket(s, FIONBIO, ref(1));
  const error = world.code(world.ws2.WSAConnect(s, name, 76, null, null, qos, null));
  return error === WSAEWOULDBLOCK ? 0 : error;
}

function accept({ world, listener }: Scene, condition: LPCONDITIONPROC | null = null): number {
  const server = world.ws2.WSAAccept(listener, null, null, condition, 0);
  return server === INVALID_SOCKET ? server : world.track(server);
}

function connect(scene: Scene, qos: QOS | null, condition: LPCONDITIONPROC | null = null) {
  const client = socket(scene.world);
  expect(ask(scene, client, qos)).toBe(0);
  const server = accept(scene, condition);
  expect(server).not.toBe(INVALID_SOCKET);
  scene.world.settle();
  return { client, server };
}

const sending = (world: World, s: number) => (qualityOf(world, s) as QOS).SendingFlowspec;
const receiving = (world: World, s: number) => (qualityOf(world, s) as QOS).ReceivingFlowspec;

describe('Quality of service on a protocol that has it', () => {
  it('begins with the default values: nothing is asked for', ({ world }) => {
    const s = socket(world);
    expect(qualityOf(world, s)).toMatchObject({
      SendingFlowspec: {
        TokenRate: QOS_NOT_SPECIFIED,
        TokenBucketSize: QOS_NOT_SPECIFIED,
        ServiceType: SERVICETYPE_BESTEFFORT,
      },
      ProviderSpecific: { len: 0 },
    });
  });

  it('goes with a connection, both ways: the condition function sees it, and the callee has it', (scene) => {
    const { world, network } = scene;
    const wanted = quality(guaranteed(40_000));
    wanted.ReceivingFlowspec = specification({ ServiceType: SERVICETYPE_CONTROLLEDLOAD, TokenRate: 10_000 });
    let seen: QOS | null = null;
    const { client, server } = connect(scene, wanted, (_id, _data, lpSQOS) => {
      seen = structuredClone(lpSQOS) as QOS;
      return CF_ACCEPT;
    });
    // As the callee has it: it receives what the caller sends.
    expect(seen).toMatchObject({ ReceivingFlowspec: guaranteed(40_000), SendingFlowspec: { TokenRate: 10_000 } });
    expect(sending(world, client)).toMatchObject(guaranteed(40_000));
    expect(receiving(world, server)).toMatchObject(guaranteed(40_000));
    expect(sending(world, server)).toMatchObject({ TokenRate: 10_000 });
    expect(network.unreserved).toBe(50_000);
    // Both are held to it.
    const message = new Uint8Array(1000);
    expect(world.count(world.ws2.send(client, message, 1000, 0))).toBe(1000);
    expect(world.count(world.ws2.send(client, message, 1000, 0))).toBe(-WSAEWOULDBLOCK);
    expect(world.count(world.ws2.send(server, message, 1000, 0))).toBe(1000);
    expect(world.count(world.ws2.send(client, new Uint8Array(1001), 1001, 0))).toBe(-WSAEMSGSIZE);
    world.ws2.closesocket(client);
    expect(network.unreserved).toBe(100_000);
  });

  it('is refused when the capacity is spent, and tells what there is', (scene) => {
    const { world, network } = scene;
    const first = connect(scene, quality(guaranteed(70_000)));
    const [s, wanted] = [socket(world), quality(guaranteed(40_000))];
    expect(ask(scene, s, wanted)).toBe(WSAEOPNOTSUPP);
    expect(wanted.SendingFlowspec.TokenRate).toBe(30_000);
    expect(network.unreserved).toBe(30_000);
    // It scales its wish down, and tries again.
    expect(ask(scene, s, wanted)).toBe(0);
    expect(network.unreserved).toBe(0);
    const one = socket(world);
    expect(ask(scene, one, quality({ ServiceType: SERVICETYPE_CONTROLLEDLOAD, TokenRate: 1 }))).toBe(WSAEOPNOTSUPP);
    // Best effort is for everybody.
    expect(ask(scene, one, quality({ TokenRate: 1_000_000 }))).toBe(0);
    world.ws2.closesocket(first.client);
    expect(network.unreserved).toBe(70_000);
  });

  it('is given back when the connection is refused or fails', (scene) => {
    const { world, network } = scene;
    const s = socket(world);
    expect(ask(scene, s, quality(guaranteed(60_000)))).toBe(0);
    expect(network.unreserved).toBe(40_000);
    expect(accept(scene, () => CF_REJECT)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAECONNREFUSED);
    world.settle();
    expect(network.unreserved).toBe(100_000);
    world.ws2.closesocket(scene.listener);
    const other = socket(world);
    expect(ask(scene, other, quality(guaranteed(60_000)))).toBe(0);
    world.settle();
    expect(network.unreserved).toBe(100_000);
  });

  it('is what was asked for by SIO_SET_QOS before, until the connect asks for another', (scene) => {
    const { world, network } = scene;
    const client = socket(world);
    expect(setQuality(world, client, quality(guaranteed(20_000)))).toBe(0);
    expect(network.unreserved).toBe(100_000);
    expect(ask(scene, client, null)).toBe(0);
    expect(network.unreserved).toBe(80_000);
    const other = socket(world);
    setQuality(world, other, quality(guaranteed(20_000)));
    expect(ask(scene, other, quality(guaranteed(1000)))).toBe(0);
    expect(network.unreserved).toBe(79_000);
  });

  it('may be negotiated by the condition function, and the caller is told by FD_QOS', (scene) => {
    const { world, network } = scene;
    const client = socket(world);
    const event = world.event();
    expect(ask(scene, client, quality(guaranteed(40_000)))).toBe(0);
    world.eventSelect(client, event, FD_QOS | FD_GROUP_QOS);
    const server = accept(scene, (_id, _data, lpSQOS) => {
      lpSQOS!.ReceivingFlowspec.TokenRate = 5000;
      return CF_ACCEPT;
    });
    expect(server).not.toBe(INVALID_SOCKET);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ QOS: 0 });
    expect(sending(world, client).TokenRate).toBe(5000);
    expect(network.unreserved).toBe(95_000);
  });

  it('rejects a caller whose callee answers with what cannot be', (scene) => {
    const { world } = scene;
    const client = socket(world);
    ask(scene, client, quality(guaranteed(40_000)));
    const refused = accept(scene, (_id, _data, lpSQOS) => {
      lpSQOS!.SendingFlowspec.ServiceType = 77;
      return CF_ACCEPT;
    });
    expect(refused).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSAECONNREFUSED);
    expect(world.takeDefects()).toEqual([expect.stringContaining(`error ${WSA_QOS_ESERVICETYPE}`)]);
  });

  it('is negotiated anew by either end; the other is told once, by message or by event object', (scene) => {
    const { world, network } = scene;
    const { client, server } = connect(scene, quality(guaranteed(40_000)));
    const messages: number[] = [];
    const window = world.ws2.host.CreateWindow((_window, _message, s, lParam) => messages.push(s, lParam & 0xffff));
    world.ws2.WSAAsyncSelect(client, window, 0x500, FD_QOS);
    const event = world.event();
    world.eventSelect(server, event, FD_QOS);
    // What it does not want to change, it says so.
    const change = quality({ ServiceType: SERVICETYPE_NOCHANGE });
    change.ReceivingFlowspec = specification(guaranteed(10_000));
    expect(setQuality(world, server, change)).toBe(0);
    expect(network.unreserved).toBe(90_000);
    world.settle();
    for (let next = world.ws2.host.PeekMessage(window, true); next !== null;) {
      world.ws2.host.DispatchMessage(next);
      next = world.ws2.host.PeekMessage(window, true);
    }
    expect(messages).toEqual([client, FD_QOS]);
    expect(world.signalled(event)).toBe(false);
    expect(sending(world, client).TokenRate).toBe(10_000);
    setQuality(world, client, quality(guaranteed(2000)));
    expect(world.networkEvents(server, event)).toEqual({ QOS: 0 });
    expect(receiving(world, server).TokenRate).toBe(2000);
    world.ws2.host.DestroyWindow(window);
  });

  it('is told of to whoever asks for FD_QOS only after it has changed, until that has looked', (scene) => {
    const { world } = scene;
    const { client, server } = connect(scene, quality(guaranteed(40_000)));
    setQuality(world, client, quality(guaranteed(20_000)));
    world.settle();
    const event = world.event();
    world.eventSelect(server, event, FD_QOS);
    expect(world.signalled(event)).toBe(true);
    expect(world.networkEvents(server, event)).toEqual({ QOS: 0 });
    const { host, WSAAsyncSelect } = world.ws2;
    const window = host.CreateWindow(null);
    const registered = (): boolean => {
      expect(WSAAsyncSelect(server, window, 0x500, FD_QOS)).toBe(0);
      return host.PeekMessage(window, true)?.lParam === FD_QOS;
    };
    expect([registered(), registered()]).toEqual([true, true]);
    expect(receiving(world, server).TokenRate).toBe(20_000);
    expect(registered()).toBe(false);
    // Who has looked meanwhile needs no word of it.
    world.ws2.WSAEventSelect(server, 0, 0);
    setQuality(world, client, quality(guaranteed(10_000)));
    world.settle();
    expect(receiving(world, server).TokenRate).toBe(10_000);
    world.eventSelect(server, event, FD_QOS);
    expect(world.networkEvents(server, event)).toEqual({});
    host.DestroyWindow(window);
  });

  it('is no news to the other end where no field of it has changed', (scene) => {
    const { world } = scene;
    const { client, server } = connect(scene, quality(guaranteed(40_000)));
    const event = world.event();
    world.eventSelect(server, event, FD_QOS);
    expect(setQuality(world, client, quality(guaranteed(40_000)))).toBe(0);
    world.settle();
    expect(world.networkEvents(server, event)).toEqual({});
    expect(setQuality(world, client, quality({ ...guaranteed(40_000), Latency: 50_000 }))).toBe(0);
    world.settle();
    expect(world.networkEvents(server, event)).toEqual({ QOS: 0 });
  });

  it('is lost by the last to come when the network has less, and the error of FD_QOS says why', (scene) => {
    const { world, network } = scene;
    const [first, last] = [connect(scene, quality(guaranteed(40_000))), connect(scene, quality(guaranteed(40_000)))];
    const event = world.event();
    world.eventSelect(last.client, event, FD_QOS);
    const other = world.event();
    world.eventSelect(first.client, other, FD_QOS);
    network.capacity = 50_000;
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(last.client, event)).toEqual({ QOS: WSA_QOS_ADMISSION_FAILURE });
    expect([world.signalled(other), network.unreserved]).toEqual([false, 10_000]);
    expect(sending(world, last.client)).toMatchObject({ ServiceType: SERVICETYPE_BESTEFFORT, TokenRate: 40_000 });
    expect(sending(world, first.client).ServiceType).toBe(SERVICETYPE_GUARANTEED);
    // It asks for less, and has it.
    expect(setQuality(world, last.client, quality(guaranteed(10_000)))).toBe(0);
    expect(network.unreserved).toBe(0);
  });

  it(
    'is refused when the line is too slow or takes too long',
    (scene) => {
      const { world } = scene;
      const refusals = (service: number, given: object): number =>
        ask(scene, socket(world), quality({ ServiceType: service, TokenRate: 1000, ...given }));
      expect(refusals(SERVICETYPE_GUARANTEED, { TokenRate: 60_000 })).toBe(WSAEOPNOTSUPP);
      // What chance may add counts for what is guaranteed alone.
      expect(refusals(SERVICETYPE_GUARANTEED, { Latency: 25_000 })).toBe(WSAEOPNOTSUPP);
      expect(refusals(SERVICETYPE_GUARANTEED, { DelayVariation: 9_999 })).toBe(WSAEOPNOTSUPP);
      expect(refusals(SERVICETYPE_GUARANTEED, { Latency: 30_000, DelayVariation: 10_000 })).toBe(0);
      expect(refusals(SERVICETYPE_CONTROLLEDLOAD, { Latency: 25_000 })).toBe(0);
      expect(refusals(SERVICETYPE_CONTROLLEDLOAD, { Latency: 19_999 })).toBe(WSAEOPNOTSUPP);
    },
    { bandwidth: 50_000, latency: 20, jitter: 10 },
  );

  it(
    'tells what the network has where nothing was specified',
    ({ world }) => {
      expect(qualityOf(world, socket(world))).toMatchObject({
        SendingFlowspec: { PeakBandwidth: 50_000, Latency: 20_000, DelayVariation: 10_000 },
      });
    },
    { bandwidth: 50_000, latency: 20, jitter: 10 },
  );

  it(
    'answers the questions of SIO_CHK_QOS',
    ({ world }) => {
      const s = socket(world);
      const check = (question: number): number => {
        const output = new Uint8Array(4);
        const input = new Uint8Array(Uint32Array.of(question).buffer);
        const error = world.code(world.ws2.WSAIoctl(s, SIO_CHK_QOS, input, 4, output, 4, ref(0), null, null));
        return error === 0 ? new DataView(output.buffer).getUint32(0, true) : -error;
      };
      expect([LINE_RATE, LOCAL_QOSABILITY, END_TO_END_QOSABILITY].map(check)).toEqual([400, 1, 1]);
      expect([ALLOWED_TO_SEND_DATA, ABLE_TO_RECV_RSVP].map(check)).toEqual([1, 1]);
      setQuality(world, s, quality({ TokenRate: 60_000 }));
      expect([ALLOWED_TO_SEND_DATA, ABLE_TO_RECV_RSVP].map(check)).toEqual([0, 1]);
      expect(check(INFO_NOT_AVAILABLE)).toBe(-WSAEINVAL);
    },
    { bandwidth: 50_000 },
  );

  it('is that of a group only where there is one', ({ world }) => {
    const s = socket(world);
    expect(qualityOf(world, s, SIO_GET_GROUP_QOS)).toEqual(QOS.decode(new Uint8Array(QOS.size)));
    const input = QOS.encode(quality());
    const { ws2 } = world;
    expect(world.code(ws2.WSAIoctl(s, SIO_SET_GROUP_QOS, input, input.length, null, 0, ref(0), null, null))).toBe(
      WSAENOPROTOOPT,
    );
  });

  it('leaves everything as it was when what is asked for cannot be meant', (scene) => {
    const { world, network } = scene;
    const { client } = connect(scene, quality(guaranteed(40_000)));
    const before = qualityOf(world, client);
    expect(setQuality(world, client, quality({ ...guaranteed(0) }))).toBe(WSA_QOS_EFLOWSPEC);
    expect(setQuality(world, client, quality(guaranteed(140_000)))).toBe(WSAEOPNOTSUPP);
    expect(setQuality(world, client, new Uint8Array(71))).toBe(WSAEFAULT);
    const small = ref(0);
    const room = new Uint8Array(71);
    expect(world.code(world.ws2.WSAIoctl(client, 0xc8000007, null, 0, room, 71, small, null, null))).toBe(WSAEFAULT);
    expect(small.value).toBe(QOS.size);
    expect([qualityOf(world, client), network.unreserved]).toEqual([before, 60_000]);
  });

  it('is shared by the duplicates of a socket', (scene) => {
    const { world, network } = scene;
    const { client } = connect(scene, null);
    const info = WSAPROTOCOL_INFOW.decode(new Uint8Array(WSAPROTOCOL_INFOW.size));
    expect(world.ws2.WSADuplicateSocket(client, process.pid, info)).toBe(0);
    const twin = world.track(world.ws2.WSASocket(AF_ATM, SOCK_SEQPACKET, ATMPROTO_AAL5, info, 0, 0));
    expect(setQuality(world, twin, quality(guaranteed(3000)))).toBe(0);
    expect(sending(world, client).TokenRate).toBe(3000);
    world.ws2.closesocket(twin);
    expect(network.unreserved).toBe(97_000);
  });
});
