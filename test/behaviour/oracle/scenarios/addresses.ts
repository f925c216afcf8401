// Byte order, and addresses as text.
import { Group } from '../scenario.js';
import { foreign, hex, inet, inet6 } from '../values.js';

export const addresses = new Group('addresses');
const { scenario } = addresses;

scenario('htonl, ntohl, htons, ntohs', (t) => {
  t.htonl(0x01020304);
  t.ntohl(0x01020304);
  t.htonl(0xdeadbeef);
  t.htons(0x0102);
  t.ntohs(0xfffe);
  t.htons(0x12345);
});

scenario('WSAHtonl and its like', (t) => {
  const s = t.tcp();
  t.WSAHtonl(s, 0x01020304, 0);
  t.WSANtohl(s, 0x01020304, 0);
  t.WSAHtons(s, 0x0102, 0);
  t.WSANtohs(s, 0x0102, 0);
  t.WSAHtonl(s, 1, null);
  t.WSAHtonl('INVALID_SOCKET', 1, 0);
  t.WSAHtonl('INVALID_SOCKET', 1, null);
});

const INET_ADDR: readonly (readonly [string, readonly (string | null)[]])[] = [
  ['four parts', ['127.0.0.1', '0.0.0.0', '255.255.255.255', '1.2.3.4']],
  ['fewer parts', ['1', '1.2', '1.2.3', '1.223756', '0xffffffff']],
  ['octal and hex', ['010.0x10.8.1', '1.2.3.010', '1.2.3.08', '0x123456789', '1.2.3.0a']],
  ['too large', ['256.0.0.1', '1.256.0.1', '1.2.65536', '1.16777216', '4294967296']],
  ['no address', ['', '.', '1.2.3.4.5', 'localhost', '1..2', '1.2.3.', '-1', '+1']],
  ['white space', [' ', '  ', '\t', '3.4.5.6  7', '1 2 3 4', ' 1.2.3.4', '1.2.3.4\n']],
  ['no pointer', [null]],
];
for (const [what, texts] of INET_ADDR) {
  scenario(`inet_addr: ${what}`, (t) => {
    for (const text of texts) t.inet_addr(text);
  });
}

scenario('inet_ntoa', (t) => {
  t.inet_ntoa(0x0100007f);
  t.inet_ntoa(0);
  t.inet_ntoa(0xffffffff);
});

scenario('inet_pton of IPv4', (t) => {
  for (const text of ['127.0.0.1', '1.2.3', '1.1.1.00', '1.1.1.1 ', '256.1.1.1', '0x1.1.1.1', '']) {
    t.inet_pton('AF_INET', text, t.option(4));
  }
});

scenario('inet_pton of IPv6', (t) => {
  for (const text of [
    '::1',
    '::',
    '1:2:3:4:5:6:7:8',
    '::ffff:1.2.3.4',
    '1::2::3',
    '::1%1',
    '::1/64',
    '12345::',
    '::0:a:b:c:d:e:f',
  ]) {
    t.inet_pton('AF_INET6', text, t.option(16));
  }
});

scenario('inet_pton: what cannot', (t) => {
  t.inet_pton('AF_UNSPEC', '127.0.0.1', t.option(4));
  t.inet_pton('AF_INET', null, t.option(4));
  t.inet_pton('AF_UNSPEC', null, t.option(4));
});

scenario('inet_ntop', (t) => {
  t.inet_ntop('AF_INET', hex('7f 00 00 01'), 46);
  t.inet_ntop('AF_INET6', hex('00000000000000000000000000000001'), 46);
  t.inet_ntop('AF_INET6', hex('00000000000000000000ffff01020304'), 46);
  t.inet_ntop('AF_INET6', hex('20010db8000000010000000000000001'), 46);
  t.inet_ntop('AF_INET', hex('7f 00 00 01'), 9);
  t.inet_ntop('AF_INET', hex('7f 00 00 01'), 10);
  t.inet_ntop('AF_UNSPEC', hex('7f 00 00 01'), 46);
});

scenario('WSAAddressToString of IPv4', (t) => {
  t.WSAAddressToStringA(inet('127.0.0.1', 0), 16, null, 64, 64);
  t.WSAAddressToStringA(inet('1.2.3.4', 80), 16, null, 64, 64);
  t.WSAAddressToStringA(inet('255.255.255.255', 65535), 16, null, 64, 64);
});

scenario('WSAAddressToString of IPv6', (t) => {
  t.WSAAddressToStringA(inet6('::1', 0), 28, null, 64, 64);
  t.WSAAddressToStringA(inet6('::1', 80), 28, null, 64, 64);
  t.WSAAddressToStringA(inet6('::', 0), 28, null, 64, 64);
});

scenario('WSAAddressToString: lengths', (t) => {
  t.WSAAddressToStringA(inet('127.0.0.1', 80), 16, null, 64, 12);
  t.WSAAddressToStringA(inet('127.0.0.1', 80), 16, null, 64, 13);
  t.WSAAddressToStringA(inet('127.0.0.1', 80), 15, null, 64, 64);
  t.WSAAddressToStringA(inet('127.0.0.1', 80), 0, null, 64, 64);
  t.WSAAddressToStringA(inet('127.0.0.1', 80), 28, null, 64, 64);
});

scenario('WSAAddressToString: what cannot', (t) => {
  t.WSAAddressToStringA(foreign(0xdead, 80), 16, null, 64, 64);
  t.WSAAddressToStringA(null, 16, null, 64, 64);
  t.WSAAddressToStringA(inet('127.0.0.1', 80), 16, null, 64, null);
});

scenario('WSAStringToAddress of IPv4', (t) => {
  for (const text of ['127.0.0.1', '127.0.0.1:80', '1.2.3.4:0xAb', '1.2.3.4:010', '1', '1.2', '0777', '0x123456789']) {
    t.WSAStringToAddressA(text, 'AF_INET', null, t.address(), 28);
  }
});

scenario('WSAStringToAddress: no IPv4', (t) => {
  for (const text of [
    '',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:65537',
    '127.0.0.1:08',
    ' 127.0.0.1',
    '127.0.0.1 ',
    '::1',
    'a',
  ]) {
    t.WSAStringToAddressA(text, 'AF_INET', null, t.address(), 28);
  }
});

scenario('WSAStringToAddress of IPv6', (t) => {
  for (const text of ['::1', '[::1]', '[::1]:80', '2001::1', '::ffff:1.2.3.4', '::1:2:3:4:5:6:7']) {
    t.WSAStringToAddressA(text, 'AF_INET6', null, t.address(), 28);
  }
});

scenario('WSAStringToAddress: no IPv6', (t) => {
  for (const text of ['', '::1]:80', '1.2.3.4', '1:2:3:', '[::1', '[::1]:', '12345::']) {
    t.WSAStringToAddressA(text, 'AF_INET6', null, t.address(), 28);
  }
});

scenario('WSAStringToAddress: lengths and families', (t) => {
  t.WSAStringToAddressA('127.0.0.1', 'AF_INET', null, t.address(), 15);
  t.WSAStringToAddressA('127.0.0.1', 'AF_INET', null, t.address(), 16);
  t.WSAStringToAddressA('::1', 'AF_INET6', null, t.address(), 27);
  t.WSAStringToAddressA('127.0.0.1', 0xdead, null, t.address(), 28);
  t.WSAStringToAddressA(null, 'AF_INET', null, t.address(), 28);
});
