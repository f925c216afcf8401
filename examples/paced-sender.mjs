// A sender with a guaranteed rate on a line that has no room for a second one: the layer of quality of service.
import * as w from 'ws2spi';
import { stack } from 'ws2spi/chain';
import { qos } from 'ws2spi/providers/layers/qos';

const clock = new w.VirtualClock();
const ws2 = w.createWs2_32({ base: 'memory', catalog: 'memory', clock });
ws2.WSAStartup(0x0202, {});
const [entry] = stack(ws2, [qos({ capacity: 50_000 })]);
const socket = () => ws2.WSASocket(w.AF_INET, w.SOCK_STREAM, 0, entry, 0, 0);

const name = w.sockaddr_in('127.0.0.1', 7000);
const listener = socket();
ws2.bind(listener, name, 16);
ws2.listen(listener, 5);

// A well-known medium: 50 packets of 200 bytes a second.
const call = socket();
const voice = {};
ws2.WSAGetQOSByName(call, { len: 4, buf: Buffer.from('G711') }, voice);
console.log('G.711:', voice.SendingFlowspec.TokenRate, 'bytes a second, guaranteed');

ws2.WSAConnect(call, name, 16, null, null, voice, null);
const began = clock.now();
for (let packet = 0; packet < 100; packet++) ws2.send(call, new Uint8Array(200), 200, 0);
console.log('100 packets took', (clock.now() - began) / 1000, 's');

// More than is left: it is told how much that is, and takes it.
const film = socket();
const wanted = structuredClone(voice);
wanted.SendingFlowspec.TokenRate = wanted.SendingFlowspec.PeakBandwidth = 60_000;
while (ws2.WSAConnect(film, name, 16, null, null, wanted, null) !== 0) {
  console.log('refused:', w.winsockErrorName(ws2.WSAGetLastError()));
  wanted.SendingFlowspec.TokenRate = 40_000;
}
console.log('the film has', wanted.SendingFlowspec.TokenRate);
ws2[Symbol.dispose]();
