// Quality of service on the system's own sockets: how near a sender comes to its token rate by the real clock, and what the
// layer `qos` costs a socket that asks for nothing. Run: node bench/pacing.mjs
import {
  createWs2_32,
  AF_INET,
  FIONBIO,
  QOS,
  QOS_NOT_SPECIFIED,
  ref,
  SERVICETYPE_BESTEFFORT,
  SIO_SET_QOS,
  sockaddr_in,
  SOCK_STREAM,
} from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { qos } from 'ws2spi/providers/layers/qos';

const ws2 = createWs2_32({ base: 'tcpip', catalog: 'memory' });
ws2.WSAStartup(0x0202, {});
const [paced] = stack(ws2, [qos()]);

function pair(entry) {
  const open = () => ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 1);
  const [listener, client, name] = [open(), open(), new Uint8Array(16)];
  ws2.bind(listener, sockaddr_in('127.0.0.1', 0), 16);
  ws2.listen(listener, 5);
  ws2.getsockname(listener, name, ref(16));
  ws2.connect(client, name, 16);
  return { client, server: ws2.accept(listener, null, null) };
}

function specification(given) {
  const none = QOS_NOT_SPECIFIED;
  const rest = { Latency: none, DelayVariation: none, MaxSduSize: none, MinimumPolicedSize: none, PeakBandwidth: none };
  return { TokenRate: none, TokenBucketSize: none, ServiceType: SERVICETYPE_BESTEFFORT, ...rest, ...given };
}

const buffer = new Uint8Array(65_536);

function drain(s) {
  while (ws2.recv(s, buffer, buffer.length, 0) > 0);
}

/** How many of the bytes that the bucket allows are sent in a second, in percent. */
function rateOf(TokenRate, TokenBucketSize) {
  const { client, server } = pair(paced);
  ws2.ioctlsocket(server, FIONBIO, ref(1));
  const input = QOS.encode({
    SendingFlowspec: specification({ TokenRate, TokenBucketSize }),
    ReceivingFlowspec: specification({}),
    ProviderSpecific: { len: 0, buf: new Uint8Array(0) },
  });
  ws2.WSAIoctl(client, SIO_SET_QOS, input, input.length, null, 0, ref(0), null, null);
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < 1000) {
    sent += ws2.send(client, buffer, Math.min(buffer.length, Math.ceil(TokenRate / 50)), 0);
    drain(server);
  }
  const allowed = TokenBucketSize + (TokenRate * (performance.now() - began)) / 1000;
  for (const s of [client, server]) ws2.closesocket(s);
  return (100 * sent) / allowed;
}

/** Nanoseconds for a send of 64 bytes, its peer's receive counted in. */
function costOf(entry) {
  const { client, server } = pair(entry);
  const count = 20_000;
  const began = process.hrtime.bigint();
  for (let at = 0; at < count; at++) {
    ws2.send(client, buffer, 64, 0);
    ws2.recv(server, buffer, 64, 0);
  }
  const each = Number(process.hrtime.bigint() - began) / count;
  for (const s of [client, server]) ws2.closesocket(s);
  return each;
}

// First, before there is any flow in the process.
const runs = Array.from({ length: 11 }, () => [costOf(null), costOf(paced)]).slice(2);
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const [without, beneath] = [0, 1].map((at) => median(runs.map((run) => run[at])));
console.log(
  `send and receive: ${without.toFixed(0)} ns without the layer, ${beneath.toFixed(0)} ns with it and no flow`,
);
console.log(`ratio ${(beneath / without).toFixed(3)}`);
for (const [rate, depth] of [
  [10_000, 2000],
  [100_000, 10_000],
  [1_000_000, 50_000],
  [20_000_000, 400_000],
]) {
  console.log(`${rate} bytes a second, bucket ${depth}: ${rateOf(rate, depth).toFixed(1)} % of what is allowed`);
}
ws2[Symbol.dispose]();
