// Names of hosts, services and protocols.
import { Group } from '../scenario.js';
import { hex } from '../values.js';

export const databases = new Group('databases');
const { scenario } = databases;

scenario('gethostbyname of localhost', (t) => {
  t.gethostbyname('localhost');
  t.gethostbyname('127.0.0.1');
});

scenario('gethostbyname of nobody', (t) => {
  t.gethostbyname('nobody.invalid');
});

scenario('gethostbyaddr: lengths and families', (t) => {
  t.gethostbyaddr(hex('7f 00 00 01'), 3, 'AF_INET');
  t.gethostbyaddr(hex('7f 00 00 01'), 4, 0xdead);
});

scenario('gethostname: lengths', (t) => {
  t.gethostname(512, 0);
  t.gethostname(512, 1);
  t.gethostname(null, 256);
});

scenario('getservbyname', (t) => {
  t.getservbyname('domain', 'udp');
  t.getservbyname('telnet', 'tcp');
  t.getservbyname('telnet', null);
  t.getservbyname('TELNET', 'tcp');
});

scenario('getservbyname: what is none', (t) => {
  t.getservbyname('nosuchservice', 'tcp');
  t.getservbyname('telnet', 'nosuchprotocol');
  t.getservbyname('', 'tcp');
});

scenario('getservbyport', (t) => {
  t.getservbyport(0x1700, 'tcp');
  t.getservbyport(0x3500, 'udp');
  t.getservbyport(0x3500, null);
  t.getservbyport(0x0000, 'tcp');
  t.getservbyport(23, 'tcp');
});

const PROTOCOLS = [
  'ip',
  'icmp',
  'tcp',
  'udp',
  'ipv6',
  'TCP',
  'Tcp',
  'ipv6-icmp',
  'xns-idp',
  'rvd',
  'nosuchprotocol',
  '',
];
scenario('getprotobyname', (t) => {
  for (const name of PROTOCOLS) t.getprotobyname(name);
});

scenario('getprotobynumber', (t) => {
  for (const number of [0, 1, 2, 6, 17, 41, 58, 66, 67, 132, 255, 256, -1]) t.getprotobynumber(number);
});

scenario('WSAEnumProtocols: lengths', (t) => {
  t.WSAEnumProtocolsA(0);
  t.WSAEnumProtocolsA(65536);
});

scenario('WSALookupServiceEnd of nothing', (t) => {
  t.WSALookupServiceEnd(0);
});
