import { expect } from 'vitest';
import {
  QOS,
  QOS_NOT_SPECIFIED,
  SERVICETYPE_GUARANTEED,
  SOCK_DGRAM,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  type WSABUF,
} from 'ws2spi';
import { buffer, describeOnEveryChain, type World } from '../../support/providers.js';

const NAMES = ['G711', 'G723.1', 'G729', 'H263QCIF', 'H263CIF', 'H261QCIF', 'H261CIF', 'GSM6.10'];

/** 0 or the last error. */
function find(world: World, s: number, name: WSABUF, qos: Partial<QOS> | null): number {
  return world.code(world.ws2.WSAGetQOSByName(s, name, qos));
}

describeOnEveryChain('WSAGetQOSByName', (on) => {
  on.onEveryFamily('fills in what a medium needs', (world, family) => {
    for (const s of [world.tcpSocket(family), world.track(world.ws2.socket(family, SOCK_DGRAM, 0))]) {
      for (const name of NAMES) {
        const qos: Partial<QOS> = {};
        expect(find(world, s, buffer(name), qos)).toBe(0);
        const { SendingFlowspec, ReceivingFlowspec } = QOS.decode(QOS.encode(qos as QOS));
        expect(ReceivingFlowspec).toEqual(SendingFlowspec);
        expect(SendingFlowspec).toMatchObject({ Latency: QOS_NOT_SPECIFIED, DelayVariation: QOS_NOT_SPECIFIED });
        const { TokenRate, TokenBucketSize, PeakBandwidth, MaxSduSize, MinimumPolicedSize } = SendingFlowspec;
        expect(TokenRate).toBeLessThanOrEqual(PeakBandwidth);
        expect(MinimumPolicedSize).toBeLessThanOrEqual(MaxSduSize);
        expect(MaxSduSize).toBeLessThanOrEqual(TokenBucketSize);
      }
    }
  });

  on.it('knows names in any case, up to a NUL, and gives each caller figures of its own', (world) => {
    const s = world.tcpSocket();
    const [one, two]: Partial<QOS>[] = [{}, {}];
    expect(find(world, s, buffer('g711\0beyond it'), one!)).toBe(0);
    // 50 packets a second, of 160 bytes and 40 of headers.
    const flow = { TokenRate: 10_000, MaxSduSize: 200, ServiceType: SERVICETYPE_GUARANTEED };
    expect(one!.SendingFlowspec).toMatchObject(flow);
    one!.SendingFlowspec!.TokenRate = one!.ReceivingFlowspec!.TokenRate = 1;
    expect(find(world, s, { len: 4, buf: Buffer.from('G711X') }, two!)).toBe(0);
    expect(two!.SendingFlowspec).toMatchObject(flow);
    expect(two!.ReceivingFlowspec).toMatchObject(flow);
  });

  on.it('enumerates the names when it is given none', (world) => {
    const s = world.tcpSocket();
    const list = `${NAMES.join('\0')}\0\0`;
    const room = buffer(list.length);
    expect(find(world, s, room, null)).toBe(0);
    expect(Buffer.from(room.buf).toString()).toBe(list);
    const longer = { len: 200, buf: new Uint8Array(200).fill(7, 1) };
    const qos = {};
    expect(find(world, s, longer, qos)).toBe(0);
    expect(Buffer.from(longer.buf.subarray(0, list.length)).toString()).toBe(list);
    expect([longer.buf[list.length], qos]).toEqual([7, {}]);
    const short = buffer(list.length - 1);
    expect(find(world, s, short, null)).toBe(WSAEFAULT);
    expect(short.buf.every((byte) => byte === 0)).toBe(true);
  });

  on.it('says what is wrong', (world) => {
    const s = world.tcpSocket();
    expect(find(world, s, buffer('G712'), {})).toBe(WSAEINVAL);
    expect(find(world, s, buffer('G711'), null)).toBe(WSAEFAULT);
    expect(find(world, s, buffer('G711'), 'qos' as never)).toBe(WSAEFAULT);
    for (const bad of [null, {}, { len: 1, buf: null }, { len: 5, buf: Buffer.from('G711') }, 'G711']) {
      expect(find(world, s, bad as never, {})).toBe(WSAEFAULT);
    }
    expect(find(world, 4, buffer('G711'), {})).toBe(WSAENOTSOCK);
  });
});
