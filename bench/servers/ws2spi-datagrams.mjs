// Datagrams, told by an event object. node bench/servers/ws2spi-datagrams.mjs echo|count
import {
  FD_READ,
  INFINITE,
  IPPROTO_UDP,
  ref,
  SOCK_DGRAM,
  WSAEWOULDBLOCK,
  WT_EXECUTEINWAITTHREAD,
} from '../../dist/index.js';
import { announce, modeArgument } from './announce.mjs';
import { bindLoopback, check, portOf, startInstance } from './instance.mjs';

const ROOM = 65536;
const NAME_ROOM = 16;
/** Datagrams in one go; then the event loop has its turn. node:dgram takes as many. */
const PER_TURN = 32;
const QUESTION = 0x3f;

const mode = modeArgument(['echo', 'count']);
const ws2 = startInstance();
const bytes = Buffer.alloc(ROOM);
const source = Buffer.alloc(NAME_ROOM);
const sourceLength = ref(NAME_ROOM);
const networkEvents = { lNetworkEvents: 0, iErrorCode: new Array(10).fill(0) };
let counted = 0;

const serve = {
  echo(length) {
    // A datagram that finds no room is lost, as datagrams may be.
    ws2.sendto(socket, bytes, length, 0, source, sourceLength.value);
  },
  count(length) {
    if (length !== 1 || bytes[0] !== QUESTION) {
      counted++;
      return;
    }
    const answer = Buffer.from(String(counted));
    ws2.sendto(socket, answer, answer.length, 0, source, sourceLength.value);
  },
}[mode];

const socket = bindLoopback(ws2, SOCK_DGRAM, IPPROTO_UDP);
const event = ws2.WSACreateEvent();
ws2.host.RegisterWaitForSingleObject(
  event,
  () => {
    ws2.WSAEnumNetworkEvents(socket, event, networkEvents);
    for (let turn = 0; turn < PER_TURN; turn++) {
      sourceLength.value = NAME_ROOM;
      const length = ws2.recvfrom(socket, bytes, ROOM, 0, source, sourceLength);
      if (length >= 0) serve(length);
      // FD_READ follows the datagrams that are left, without another look at each.
      else if (ws2.WSAGetLastError() === WSAEWOULDBLOCK) return;
    }
  },
  null,
  INFINITE,
  WT_EXECUTEINWAITTHREAD,
);
check(ws2, ws2.WSAEventSelect(socket, event, FD_READ), 'WSAEventSelect');
announce(portOf(ws2, socket));
