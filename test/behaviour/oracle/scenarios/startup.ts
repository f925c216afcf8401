// WSAStartup, WSACleanup, the last error.
import { Group } from '../scenario.js';

export const startup = new Group('startup');
const { scenario } = startup;
const before = { started: false };

scenario(
  'nothing works before WSAStartup',
  (t) => {
    t.socket('AF_INET', 'SOCK_STREAM', 0);
    t.WSASocketA(0, 0, 0, null, 0, 0);
    t.gethostbyname('localhost');
    t.WSACleanup();
    t.closesocket(4);
    t.send(4, 'x', 1, 0);
    t.select(0, null, null, null, 0);
    t.ioctlsocket(4, 'FIONBIO', 1);
    t.getservbyname('telnet', 'tcp');
  },
  before,
);

scenario(
  'the last error is there before WSAStartup',
  (t) => {
    t.WSAGetLastError();
    t.WSASetLastError('WSAEWOULDBLOCK');
    t.WSAGetLastError();
    t.WSASetLastError(0);
    t.WSAGetLastError();
  },
  before,
);

scenario(
  'byte order and inet_addr need no WSAStartup',
  (t) => {
    t.htons(80);
    t.htonl(1);
    t.inet_addr('127.0.0.1');
  },
  before,
);

for (const [title, version] of [
  ['2.2', 0x0202],
  ['2.0', 0x0002],
  ['1.1', 0x0101],
  ['1.0', 0x0001],
  ['1.2', 0x0201],
  ['3.0', 0x0003],
  ['0.0', 0x0000],
  ['0.1', 0x0100],
] as const) {
  scenario(
    `WSAStartup of version ${title}`,
    (t) => {
      t.WSAStartup(version);
      t.WSACleanup();
    },
    before,
  );
}

scenario(
  'as many WSACleanup as WSAStartup',
  (t) => {
    t.WSAStartup(0x0202);
    t.WSAStartup(0x0202);
    t.WSACleanup();
    t.socket('AF_INET', 'SOCK_STREAM', 0);
    t.WSACleanup();
    t.socket('AF_INET', 'SOCK_STREAM', 0);
    t.WSACleanup();
  },
  before,
);

scenario(
  'WSAStartup again after WSACleanup',
  (t) => {
    t.WSAStartup(0x0202);
    t.WSACleanup();
    t.WSAStartup(0x0202);
    t.socket('AF_INET', 'SOCK_STREAM', 0);
    t.WSACleanup();
  },
  before,
);

scenario(
  'a socket does not outlive WSACleanup',
  (t) => {
    t.WSAStartup(0x0202);
    const s = t.socket('AF_INET', 'SOCK_DGRAM', 0);
    t.WSACleanup();
    t.WSAStartup(0x0202);
    t.listen(s, 1);
  },
  before,
);
