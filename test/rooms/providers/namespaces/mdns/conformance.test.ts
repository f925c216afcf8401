// What every name space should pass, multicast DNS passes: the suite of ws2spi/testkit.
import { onTestFinished, test } from 'vitest';
import {
  AF_INET,
  IPPROTO_TCP,
  sockaddr_in,
  SOCK_STREAM,
  createMemoryNetwork,
  createWs2_32,
  seededRandom,
  SVCID_INET_HOSTADDRBYNAME,
  VirtualClock,
} from 'ws2spi';
import { addNameSpace } from 'ws2spi/names';
import { createMdnsNameSpace, SVCID_WS2SPI_DNS_SD } from 'ws2spi/providers/namespaces/mdns';
import { testNameSpace } from 'ws2spi/testkit';
import { serviceOf, setService } from './fixtures.js';

const families = [AF_INET];
const lpSockaddr = sockaddr_in('127.0.0.1', 631);
const where = {
  LocalAddr: { lpSockaddr, iSockaddrLength: lpSockaddr.length },
  RemoteAddr: { lpSockaddr: null, iSockaddrLength: 0 },
  iSocketType: SOCK_STREAM,
  iProtocol: IPPROTO_TCP,
};
const own = serviceOf('Own._ipp._tcp.local', 631, { lpcsaBuffer: [where] });
const skips = { 'several instances': 'one name is one instance: each of several gets a name of its own' };

/** An instance, and another on its network that has three services. */
function factory() {
  const clock = new VirtualClock();
  const network = createMemoryNetwork();
  const instance = (seed: number) => {
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', network, clock, random: seededRandom(seed) });
    onTestFinished(() => ws2[Symbol.dispose]());
    return ws2;
  };
  const other = instance(1);
  other.WSAStartup(0x0202, {});
  const station = { ws2: other, id: addNameSpace(other, createMdnsNameSpace({ hostName: 'beta', families })) };
  setService(station, serviceOf('One._http._tcp.local', 81));
  setService(station, serviceOf('Three._http._tcp.local', 83));
  setService(station, serviceOf('Two._http._tcp.local', 82));
  return {
    ws2: instance(2),
    clock,
    nameSpace: createMdnsNameSpace({ hostName: 'alpha', families }),
    present: { lpszServiceInstanceName: 'beta.local', lpServiceClassId: SVCID_INET_HOSTADDRBYNAME },
    several: { lpServiceClassId: SVCID_WS2SPI_DNS_SD, lpszQueryString: '_http._tcp' },
    absent: { lpszServiceInstanceName: 'gamma.local', lpServiceClassId: SVCID_INET_HOSTADDRBYNAME },
    silent: { lpszServiceInstanceName: 'gamma.local', lpServiceClassId: SVCID_INET_HOSTADDRBYNAME },
    host: 'beta.local',
    service: own,
  };
}

for (const { name, skip, run } of testNameSpace(factory, { skips })) {
  test(skip === null ? name : `${name} (left out: ${skip})`, { skip: skip !== null }, run);
}
