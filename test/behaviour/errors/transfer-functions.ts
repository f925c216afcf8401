// The functions that send and receive.
import { ref, TP_ELEMENT_MEMORY } from 'ws2spi';
import { buffer } from '../../support/providers.js';
import { addressRoom, NO_OVERLAPPED, row, SE, type FunctionRow } from './function-row.js';

const data = (): Uint8Array => Buffer.from('data');
const room = (): Uint8Array => new Uint8Array(16);
const message = (content: number | string, name: Uint8Array | null) => ({
  name,
  namelen: name?.length ?? 0,
  lpBuffers: [buffer(content)],
  dwBufferCount: 1,
  Control: { len: 0, buf: null },
  dwFlags: 0,
});

/** The functions that send and receive. */
export const TRANSFER_FUNCTIONS: readonly FunctionRow[] = [
  row('recv', 'connected, with data', SE, ({ s }) => ({ s, buf: room(), len: 16, flags: 0 }), {
    asks: 'receive',
    waitsFor: 'data',
    kind: 'receive',
  }),
  row(
    'recvfrom',
    'datagrams, with one',
    SE,
    ({ s }) => ({ s, buf: room(), len: 16, flags: 0, from: addressRoom(), fromlen: ref(128) }),
    { asks: 'receive', waitsFor: 'data', kind: 'receive' },
  ),
  row('send', 'connected', SE, ({ s }) => ({ s, buf: data(), len: 4, flags: 0 }), {
    asks: 'send',
    waitsFor: 'room',
    kind: 'send',
  }),
  row('sendto', 'datagrams', SE, ({ s, name }) => ({ s, buf: data(), len: 4, flags: 0, to: name, tolen: 16 }), {
    asks: 'send',
    waitsFor: 'room',
    kind: 'send',
  }),
  row(
    'WSARecv',
    'connected, with data',
    SE,
    ({ s }) => ({
      s,
      lpBuffers: [buffer(16)],
      dwBufferCount: 1,
      lpNumberOfBytesRecvd: ref(0),
      lpFlags: ref(0),
      ...NO_OVERLAPPED,
    }),
    { asks: 'receive', waitsFor: 'data', kind: 'receive' },
  ),
  row(
    'WSARecvFrom',
    'datagrams, with one',
    SE,
    ({ s }) => ({
      s,
      lpBuffers: [buffer(16)],
      dwBufferCount: 1,
      lpNumberOfBytesRecvd: ref(0),
      lpFlags: ref(0),
      lpFrom: addressRoom(),
      lpFromlen: ref(128),
      ...NO_OVERLAPPED,
    }),
    { asks: 'receive', waitsFor: 'data', kind: 'receive' },
  ),
  row(
    'WSASend',
    'connected',
    SE,
    ({ s }) => ({
      s,
      lpBuffers: [buffer('data')],
      dwBufferCount: 1,
      lpNumberOfBytesSent: ref(0),
      dwFlags: 0,
      ...NO_OVERLAPPED,
    }),
    { asks: 'send', waitsFor: 'room', kind: 'send' },
  ),
  row(
    'WSASendMsg',
    'datagrams',
    SE,
    ({ s, name }) => ({
      s,
      lpMsg: message('data', name),
      dwFlags: 0,
      lpNumberOfBytesSent: ref(0),
      ...NO_OVERLAPPED,
    }),
    { asks: 'send', waitsFor: 'room', kind: 'send' },
  ),
  row(
    'WSASendTo',
    'datagrams',
    SE,
    ({ s, name }) => ({
      s,
      lpBuffers: [buffer('data')],
      dwBufferCount: 1,
      lpNumberOfBytesSent: ref(0),
      dwFlags: 0,
      lpTo: name,
      iTolen: 16,
      ...NO_OVERLAPPED,
    }),
    { asks: 'send', waitsFor: 'room', kind: 'send' },
  ),
  row(
    'TransmitFile',
    'connected',
    false,
    ({ s, file }) => ({
      hSocket: s,
      hFile: file,
      nNumberOfBytesToWrite: 4,
      nNumberOfBytesPerSend: 0,
      lpOverlapped: null,
      lpTransmitBuffers: { Head: data(), HeadLength: 4, Tail: null, TailLength: 0 },
      dwReserved: 0,
    }),
    { asks: 'send', waitsFor: 'room', kind: 'send' },
  ),
  row(
    'TransmitPackets',
    'connected',
    false,
    ({ s }) => ({
      hSocket: s,
      lpPacketArray: [{ dwElFlags: TP_ELEMENT_MEMORY, cLength: 4, pBuffer: data() }],
      nElementCount: 1,
      nSendSize: 0,
      lpOverlapped: null,
      dwFlags: 0,
    }),
    { asks: 'send', waitsFor: 'room', kind: 'send' },
  ),
  row('WSARecvEx', 'connected, with data', SE, ({ s }) => ({ s, buf: room(), len: 16, flags: ref(0) }), {
    asks: 'receive',
    waitsFor: 'data',
    kind: 'receive',
  }),
  row(
    'WSARecvMsg',
    'datagrams, with one',
    SE,
    ({ s }) => ({ s, lpMsg: message(16, addressRoom()), lpdwNumberOfBytesRecvd: ref(0), ...NO_OVERLAPPED }),
    { asks: 'receive', waitsFor: 'data', kind: 'receive' },
  ),
];
