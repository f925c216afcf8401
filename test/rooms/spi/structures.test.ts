import * as spi from 'ws2spi/spi';
import { describe, expect, it } from 'vitest';

// A small seeded generator (mulberry32), so that a failure can be repeated.
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Gen {
  below(limit: number): number;
  u16(): number;
  u32(): number;
  i16(): number;
  i32(): number;
  bytes(length: number): Uint8Array;
  text(limit: number): string;
  guid(): string;
  ipv4(): string;
  ipv6(): string;
  many<T>(limit: number, make: () => T): T[];
  maybe<T>(make: () => T): T | null;
}

function generator(seed: number): Gen {
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const bytes = (length: number) => Uint8Array.from({ length }, () => below(256));
  return {
    below,
    u16: () => below(2 ** 16),
    u32: () => below(2 ** 32),
    i16: () => below(2 ** 16) - 2 ** 15,
    i32: () => below(2 ** 32) | 0,
    bytes,
    text: (limit) => Array.from({ length: below(limit) }, () => 'abcXYZ019 .-_äß€'[below(16)]).join(''),
    guid: () => spi.GUID.decode(bytes(16)),
    ipv4: () => spi.formatIPv4(bytes(4)),
    ipv6: () => spi.formatIPv6(below(2) ? bytes(16) : bytes(16).map((byte) => (byte & 1 ? byte : 0))),
    many: (limit, make) => Array.from({ length: below(limit) }, make),
    maybe: (make) => (below(3) === 0 ? null : make()),
  };
}

const wsabuf = (g: Gen): spi.WSABUF => {
  const buf = g.bytes(g.below(20));
  return { len: buf.length, buf };
};
const blob = (g: Gen): spi.BLOB => {
  const pBlobData = g.bytes(g.below(20));
  return { cbSize: pBlobData.length, pBlobData };
};
const socketAddress = (g: Gen): spi.SOCKET_ADDRESS => {
  const lpSockaddr = g.below(2) ? spi.sockaddr_in(g.ipv4(), g.u16()) : spi.sockaddr_in6(g.ipv6(), g.u16());
  return g.below(4) ? { lpSockaddr, iSockaddrLength: lpSockaddr.length } : { lpSockaddr: null, iSockaddrLength: 0 };
};
const csaddr = (g: Gen): spi.CSADDR_INFO => ({
  LocalAddr: socketAddress(g),
  RemoteAddr: socketAddress(g),
  iSocketType: g.i32(),
  iProtocol: g.i32(),
});
const flowspec = (g: Gen): spi.FLOWSPEC => ({
  TokenRate: g.u32(),
  TokenBucketSize: g.u32(),
  PeakBandwidth: g.u32(),
  Latency: g.u32(),
  DelayVariation: g.u32(),
  ServiceType: g.u32(),
  MaxSduSize: g.u32(),
  MinimumPolicedSize: g.u32(),
});
const qosHeader = (g: Gen): spi.QOS_OBJECT_HDR => ({ ObjectType: g.u32(), ObjectLength: g.u32() });
const protocolInfo = (g: Gen): spi.WSAPROTOCOL_INFO => ({
  dwServiceFlags1: g.u32(),
  dwServiceFlags2: g.u32(),
  dwServiceFlags3: g.u32(),
  dwServiceFlags4: g.u32(),
  dwProviderFlags: g.u32(),
  ProviderId: g.guid(),
  dwCatalogEntryId: g.u32(),
  ProtocolChain: { ChainLen: g.i32(), ChainEntries: Array.from({ length: 7 }, g.u32) },
  iVersion: g.i32(),
  iAddressFamily: g.i32(),
  iMaxSockAddr: g.i32(),
  iMinSockAddr: g.i32(),
  iSocketType: g.i32(),
  iProtocol: g.i32(),
  iProtocolMaxOffset: g.i32(),
  iNetworkByteOrder: g.i32(),
  iSecurityScheme: g.i32(),
  dwMessageSize: g.u32(),
  dwProviderReserved: g.u32(),
  szProtocol: g.text(80),
});
const querySet = (g: Gen): spi.WSAQUERYSET => {
  const protocols = g.many(4, () => ({ iAddressFamily: g.i32(), iProtocol: g.i32() }));
  const addresses = g.many(4, () => csaddr(g));
  return {
    dwSize: 60,
    lpszServiceInstanceName: g.maybe(() => g.text(30)),
    lpServiceClassId: g.maybe(g.guid),
    lpVersion: g.maybe(() => ({ dwVersion: g.u32(), ecHow: g.below(2) })),
    lpszComment: g.maybe(() => g.text(30)),
    dwNameSpace: g.u32(),
    lpNSProviderId: g.maybe(g.guid),
    lpszContext: g.maybe(() => g.text(30)),
    dwNumberOfProtocols: protocols.length,
    lpafpProtocols: protocols.length ? protocols : null,
    lpszQueryString: g.maybe(() => g.text(30)),
    dwNumberOfCsAddrs: addresses.length,
    lpcsaBuffer: addresses.length ? addresses : null,
    dwOutputFlags: g.u32(),
    lpBlob: g.maybe(() => blob(g)),
  };
};
const classInfo = (g: Gen): spi.WSANSCLASSINFO => {
  const lpValue = g.bytes(1 + g.below(8));
  return {
    lpszName: g.maybe(() => g.text(20)),
    dwNameSpace: g.u32(),
    dwValueType: g.u32(),
    dwValueSize: lpValue.length,
    lpValue,
  };
};
const serviceClass = (g: Gen): spi.WSASERVICECLASSINFO => {
  const infos = g.many(4, () => classInfo(g));
  return {
    lpServiceClassId: g.maybe(g.guid),
    lpszServiceClassName: g.maybe(() => g.text(20)),
    dwCount: infos.length,
    lpClassInfos: infos.length ? infos : null,
  };
};
const serviceAddress = (g: Gen): spi.SERVICE_ADDRESS => {
  const lpAddress = g.maybe(() => g.bytes(1 + g.below(28)));
  const lpPrincipal = g.maybe(() => g.bytes(1 + g.below(8)));
  return {
    dwAddressType: g.u32(),
    dwAddressFlags: g.u32(),
    dwAddressLength: lpAddress?.length ?? 0,
    dwPrincipalLength: lpPrincipal?.length ?? 0,
    lpAddress,
    lpPrincipal,
  };
};
const serviceAddresses = (g: Gen): spi.SERVICE_ADDRESSES => {
  const Addresses = g.many(4, () => serviceAddress(g));
  return { dwAddressCount: Addresses.length, Addresses };
};
const serviceInfo = (g: Gen): spi.SERVICE_INFO => ({
  lpServiceType: g.maybe(g.guid),
  lpServiceName: g.maybe(() => g.text(20)),
  lpComment: g.maybe(() => g.text(20)),
  lpLocale: g.maybe(() => g.text(20)),
  dwDisplayHint: g.u32(),
  dwVersion: g.u32(),
  dwTime: g.u32(),
  lpMachineName: g.maybe(() => g.text(20)),
  lpServiceAddress: g.maybe(() => serviceAddresses(g)),
  ServiceSpecificInfo: blob(g),
});
const typeValue = (g: Gen): spi.SERVICE_TYPE_VALUE_ABS => {
  const lpValue = g.maybe(() => g.bytes(1 + g.below(8)));
  return {
    dwNameSpace: g.u32(),
    dwValueType: g.u32(),
    dwValueSize: lpValue?.length ?? 0,
    lpValueName: g.maybe(() => g.text(20)),
    lpValue,
  };
};
const nameSpace = (g: Gen): spi.WSANAMESPACE_INFO => ({
  NSProviderId: g.guid(),
  dwNameSpace: g.u32(),
  fActive: g.below(2) === 1,
  dwVersion: g.u32(),
  lpszIdentifier: g.maybe(() => g.text(20)),
});
const nameSpaceEx = (g: Gen): spi.WSANAMESPACE_INFOEX => ({ ...nameSpace(g), ProviderSpecific: blob(g) });

// For every codec, a value of its type.
const samples: Record<string, [spi.StructureCodec<never>, (g: Gen) => unknown]> = {};
function sample<T>(name: string, codec: spi.StructureCodec<T>, make: (g: Gen) => T): void {
  samples[name] = [codec as spi.StructureCodec<never>, make];
}

sample('GUID', spi.GUID, (g) => g.guid());
sample('WSAPROTOCOLCHAIN', spi.WSAPROTOCOLCHAIN, (g) => protocolInfo(g).ProtocolChain);
sample('WSAPROTOCOL_INFOW', spi.WSAPROTOCOL_INFOW, protocolInfo);
sample('WSAPROTOCOL_INFOA', spi.WSAPROTOCOL_INFOA, protocolInfo);
sample('WSAPROTOCOL_INFO', spi.WSAPROTOCOL_INFO, protocolInfo);
sample('WSAOVERLAPPED', spi.WSAOVERLAPPED, (g) =>
  Object.assign(new spi.WSAOVERLAPPED(), {
    Internal: g.u32(),
    InternalHigh: g.u32(),
    Offset: g.u32(),
    hEvent: g.u32(),
  }),
);
sample('WSABUF', spi.WSABUF, wsabuf);
sample('BLOB', spi.BLOB, blob);
sample('WSAMSG', spi.WSAMSG, (g) => {
  const buffers = g.many(4, () => wsabuf(g));
  const { lpSockaddr, iSockaddrLength } = socketAddress(g);
  return {
    name: lpSockaddr,
    namelen: iSockaddrLength,
    lpBuffers: buffers.length ? buffers : null,
    dwBufferCount: buffers.length,
    Control: wsabuf(g),
    dwFlags: g.u32(),
  };
});
sample('WSACMSGHDR', spi.WSACMSGHDR, (g) => ({ cmsg_len: g.u32(), cmsg_level: g.i32(), cmsg_type: g.i32() }));
sample('TRANSMIT_FILE_BUFFERS', spi.TRANSMIT_FILE_BUFFERS, (g) => {
  const Head = g.bytes(1 + g.below(9));
  const Tail = g.bytes(1 + g.below(9));
  return { Head, HeadLength: Head.length, Tail, TailLength: Tail.length };
});
sample('WSADATA', spi.WSADATA, (g) => ({
  wVersion: g.u16(),
  wHighVersion: g.u16(),
  szDescription: g.text(80),
  szSystemStatus: g.text(40),
  iMaxSockets: g.u16(),
  iMaxUdpDg: g.u16(),
  lpVendorInfo: g.maybe(() => g.text(20)),
}));
sample('WSPDATA', spi.WSPDATA, (g) => ({ wVersion: g.u16(), wHighVersion: g.u16(), szDescription: g.text(255) }));
sample('WSANETWORKEVENTS', spi.WSANETWORKEVENTS, (g) => ({
  lNetworkEvents: g.i32(),
  iErrorCode: Array.from({ length: 10 }, g.i32),
}));
sample('timeval', spi.timeval, (g) => ({ tv_sec: g.i32(), tv_usec: g.i32() }));
sample('TIMEVAL', spi.TIMEVAL, (g) => ({ tv_sec: g.i32(), tv_usec: g.i32() }));
sample('LINGER', spi.LINGER, (g) => ({ l_onoff: g.u16(), l_linger: g.u16() }));
sample('linger', spi.linger, (g) => ({ l_onoff: g.u16(), l_linger: g.u16() }));
sample('WSATHREADID', spi.WSATHREADID, (g) => ({ ThreadHandle: g.u32(), Reserved: g.u32() }));
sample('WSAPOLLFD', spi.WSAPOLLFD, (g) => ({ fd: g.u32(), events: g.i16(), revents: g.i16() }));
sample('tcp_keepalive', spi.tcp_keepalive, (g) => ({
  onoff: g.u32(),
  keepalivetime: g.u32(),
  keepaliveinterval: g.u32(),
}));
sample('FLOWSPEC', spi.FLOWSPEC, flowspec);
sample('QOS', spi.QOS, (g) => ({
  SendingFlowspec: flowspec(g),
  ReceivingFlowspec: flowspec(g),
  ProviderSpecific: wsabuf(g),
}));
sample('QOS_OBJECT_HDR', spi.QOS_OBJECT_HDR, qosHeader);
sample('QOS_SD_MODE', spi.QOS_SD_MODE, (g) => ({ ObjectHdr: qosHeader(g), ShapeDiscardMode: g.u32() }));
sample('QOS_SHAPING_RATE', spi.QOS_SHAPING_RATE, (g) => ({ ObjectHdr: qosHeader(g), ShapingRate: g.u32() }));
sample('QOS_DS_CLASS', spi.QOS_DS_CLASS, (g) => ({ ObjectHdr: qosHeader(g), DSField: g.u32() }));
sample('QOS_TRAFFIC_CLASS', spi.QOS_TRAFFIC_CLASS, (g) => ({ ObjectHdr: qosHeader(g), TrafficClass: g.u32() }));
sample('SOCKADDR', spi.SOCKADDR, (g) => ({ sa_family: g.u16(), sa_data: g.bytes(14) }));
sample('SOCKADDR_STORAGE', spi.SOCKADDR_STORAGE, (g) => ({ ss_family: g.u16(), ss_data: g.bytes(126) }));
sample('SOCKADDR_IN', spi.SOCKADDR_IN, (g) => ({ sin_family: 2, sin_port: g.u16(), sin_addr: g.ipv4() }));
sample('SOCKADDR_IN6', spi.SOCKADDR_IN6, (g) => ({
  sin6_family: 23,
  sin6_port: g.u16(),
  sin6_flowinfo: g.u32(),
  sin6_addr: g.ipv6(),
  sin6_scope_id: g.u32(),
}));
sample('SOCKET_ADDRESS', spi.SOCKET_ADDRESS, socketAddress);
sample('CSADDR_INFO', spi.CSADDR_INFO, csaddr);
sample('SOCKET_ADDRESS_LIST', spi.SOCKET_ADDRESS_LIST, (g) => {
  const Address = g.many(5, () => socketAddress(g));
  return { iAddressCount: Address.length, Address };
});
sample('AFPROTOCOLS', spi.AFPROTOCOLS, (g) => ({ iAddressFamily: g.i32(), iProtocol: g.i32() }));
sample('WSAVERSION', spi.WSAVERSION, (g) => ({ dwVersion: g.u32(), ecHow: g.i32() }));
for (const name of ['WSAQUERYSETW', 'WSAQUERYSETA', 'WSAQUERYSET'] as const) sample(name, spi[name], querySet);
for (const name of ['WSANSCLASSINFOW', 'WSANSCLASSINFOA', 'WSANSCLASSINFO'] as const) {
  sample(name, spi[name], classInfo);
}
for (const name of ['WSASERVICECLASSINFOW', 'WSASERVICECLASSINFOA', 'WSASERVICECLASSINFO'] as const) {
  sample(name, spi[name], serviceClass);
}
for (const name of ['WSANAMESPACE_INFOW', 'WSANAMESPACE_INFOA', 'WSANAMESPACE_INFO'] as const) {
  sample(name, spi[name], nameSpace);
}
for (const name of ['WSANAMESPACE_INFOEXW', 'WSANAMESPACE_INFOEXA', 'WSANAMESPACE_INFOEX'] as const) {
  sample(name, spi[name], nameSpaceEx);
}
for (const name of ['PROTOCOL_INFOW', 'PROTOCOL_INFOA', 'PROTOCOL_INFO'] as const) {
  sample(name, spi[name], (g) => ({
    dwServiceFlags: g.u32(),
    iAddressFamily: g.i32(),
    iMaxSockAddr: g.i32(),
    iMinSockAddr: g.i32(),
    iSocketType: g.i32(),
    iProtocol: g.i32(),
    dwMessageSize: g.u32(),
    lpProtocol: g.maybe(() => g.text(20)),
  }));
}
sample('SERVICE_ADDRESS', spi.SERVICE_ADDRESS, serviceAddress);
sample('SERVICE_ADDRESSES', spi.SERVICE_ADDRESSES, serviceAddresses);
for (const name of ['SERVICE_INFOW', 'SERVICE_INFOA', 'SERVICE_INFO'] as const) {
  sample(name, spi[name], serviceInfo);
}
for (const name of ['NS_SERVICE_INFOW', 'NS_SERVICE_INFOA', 'NS_SERVICE_INFO'] as const) {
  sample(name, spi[name], (g) => ({ dwNameSpace: g.u32(), ServiceInfo: serviceInfo(g) }));
}
for (const name of ['SERVICE_TYPE_VALUE_ABSW', 'SERVICE_TYPE_VALUE_ABSA', 'SERVICE_TYPE_VALUE_ABS'] as const) {
  sample(name, spi[name], typeValue);
}
for (const name of ['SERVICE_TYPE_INFO_ABSW', 'SERVICE_TYPE_INFO_ABSA', 'SERVICE_TYPE_INFO_ABS'] as const) {
  sample(name, spi[name], (g) => {
    const Values = g.many(4, () => typeValue(g));
    return { lpTypeName: g.maybe(() => g.text(20)), dwValueCount: Values.length, Values };
  });
}
for (const name of ['hostent', 'HOSTENT'] as const) {
  sample(name, spi[name], (g) => ({
    h_name: g.text(20),
    h_aliases: g.many(4, () => g.text(20)),
    h_addrtype: 2,
    h_length: 4,
    h_addr_list: g.many(5, () => g.bytes(4)),
  }));
}
for (const name of ['servent', 'SERVENT'] as const) {
  sample(name, spi[name], (g) => ({
    s_name: g.text(20),
    s_aliases: g.many(4, () => g.text(20)),
    s_port: g.u16(),
    s_proto: g.text(5),
  }));
}
for (const name of ['protoent', 'PROTOENT'] as const) {
  sample(name, spi[name], (g) => ({ p_name: g.text(20), p_aliases: g.many(4, () => g.text(20)), p_proto: g.i16() }));
}
sample('INTERFACE_INFO', spi.INTERFACE_INFO, (g) => ({
  iiFlags: g.u32(),
  iiAddress: g.bytes(24),
  iiBroadcastAddress: g.bytes(24),
  iiNetmask: g.bytes(24),
}));
sample('INTERFACE_INFO_EX', spi.INTERFACE_INFO_EX, (g) => ({
  iiFlags: g.u32(),
  iiAddress: socketAddress(g),
  iiBroadcastAddress: socketAddress(g),
  iiNetmask: socketAddress(g),
}));
sample('in_pktinfo', spi.in_pktinfo, (g) => ({ ipi_addr: g.ipv4(), ipi_ifindex: g.u32() }));
sample('in6_pktinfo', spi.in6_pktinfo, (g) => ({ ipi6_addr: g.ipv6(), ipi6_ifindex: g.u32() }));
sample('ip_mreq', spi.ip_mreq, (g) => ({ imr_multiaddr: g.ipv4(), imr_interface: g.ipv4() }));
sample('ipv6_mreq', spi.ipv6_mreq, (g) => ({ ipv6mr_multiaddr: g.ipv6(), ipv6mr_interface: g.u32() }));
sample('ip_mreq_source', spi.ip_mreq_source, (g) => ({
  imr_multiaddr: g.ipv4(),
  imr_sourceaddr: g.ipv4(),
  imr_interface: g.ipv4(),
}));
sample('GROUP_REQ', spi.GROUP_REQ, (g) => ({ gr_interface: g.u32(), gr_group: g.bytes(128) }));
sample('GROUP_SOURCE_REQ', spi.GROUP_SOURCE_REQ, (g) => ({
  gsr_interface: g.u32(),
  gsr_group: g.bytes(128),
  gsr_source: g.bytes(128),
}));
sample('INET_PORT_RANGE', spi.INET_PORT_RANGE, (g) => ({ StartPort: g.u16(), NumberOfPorts: g.u16() }));
sample('INET_PORT_RESERVATION_TOKEN', spi.INET_PORT_RESERVATION_TOKEN, (g) => ({
  Token: (BigInt(g.u32()) << 32n) | BigInt(g.u32()),
}));
sample('TCP_INFO_v0', spi.TCP_INFO_v0, (g) => ({
  State: g.u32(),
  Mss: g.u32(),
  ConnectionTimeMs: BigInt(g.u32()),
  TimestampsEnabled: 1,
  RttUs: g.u32(),
  MinRttUs: g.u32(),
  BytesInFlight: g.u32(),
  Cwnd: g.u32(),
  SndWnd: g.u32(),
  RcvWnd: g.u32(),
  RcvBuf: g.u32(),
  BytesOut: BigInt(g.u32()),
  BytesIn: BigInt(g.u32()),
  BytesReordered: g.u32(),
  BytesRetrans: g.u32(),
  FastRetrans: g.u32(),
  DupAcksIn: g.u32(),
  TimeoutEpisodes: g.u32(),
  SynRetrans: 7,
}));
sample('INET_PORT_RESERVATION_INSTANCE', spi.INET_PORT_RESERVATION_INSTANCE, (g) => ({
  Reservation: { StartPort: g.u16(), NumberOfPorts: g.u16() },
  Token: { Token: BigInt(g.u32()) },
}));

const atmAddress = (g: Gen): spi.ATM_ADDRESS => ({ AddressType: 2, NumofDigits: 20, Addr: g.bytes(20) });
const atmLowerLayers = (g: Gen): spi.ATM_BLLI => ({
  Layer2Protocol: g.u32(),
  Layer2UserSpecifiedProtocol: g.u32(),
  Layer3Protocol: g.u32(),
  Layer3UserSpecifiedProtocol: g.u32(),
  Layer3IPI: g.u32(),
  SnapID: g.bytes(5),
});
const atmApplication = (g: Gen): spi.ATM_BHLI => ({
  HighLayerInfoType: 1,
  HighLayerInfoLength: 8,
  HighLayerInfo: g.bytes(8),
});
sample('SOCKADDR_IPX', spi.SOCKADDR_IPX, (g) => ({
  sa_family: 6,
  sa_netnum: g.bytes(4),
  sa_nodenum: g.bytes(6),
  sa_socket: g.u16(),
}));
sample('ATM_ADDRESS', spi.ATM_ADDRESS, atmAddress);
sample('ATM_BLLI', spi.ATM_BLLI, atmLowerLayers);
sample('ATM_BHLI', spi.ATM_BHLI, atmApplication);
sample('SOCKADDR_ATM', spi.SOCKADDR_ATM, (g) => ({
  satm_family: 22,
  satm_number: atmAddress(g),
  satm_blli: atmLowerLayers(g),
  satm_bhli: atmApplication(g),
}));

describe('every structure', () => {
  it('is among the samples of this test', () => {
    const codecs = Object.entries(spi).filter(([, value]) => {
      const codec = value as { encodeInto?: unknown; decode?: unknown };
      return typeof codec.encodeInto === 'function' && typeof codec.decode === 'function';
    });
    expect(codecs.map(([name]) => name).filter((name) => !(name in samples))).toEqual([]);
  });

  describe.each(Object.entries(samples))('%s', (_name, [codec, make]) => {
    const values = Array.from({ length: 40 }, (_, seed) => make(generator(seed + 1)) as never);

    it('comes back from its bytes as it was', () => {
      for (const value of values) expect(codec.decode(codec.encode(value))).toEqual(value);
    });

    it('takes at least its size, and is the same at any offset of a larger buffer', () => {
      for (const value of values) {
        const bytes = codec.encode(value);
        expect(bytes.length).toBeGreaterThanOrEqual(codec.size);
        const target = new Uint8Array(8 + bytes.length + 5).fill(0xee);
        expect(codec.encodeInto(value, target, 8)).toBe(bytes.length);
        expect(codec.decode(target, 8)).toEqual(value);
        expect([...target.subarray(0, 8), ...target.subarray(8 + bytes.length)]).toEqual(Array(13).fill(0xee));
      }
    });

    it('says what is missing when there are too few bytes', () => {
      const bytes = codec.encode(values[0] as never);
      for (const length of [0, 1, codec.size - 1]) {
        expect(() => codec.decode(bytes.subarray(0, length))).toThrow(RangeError);
        expect(() => codec.encodeInto(values[0] as never, new Uint8Array(length))).toThrow(RangeError);
      }
    });
  });
});

describe('what structures point to', () => {
  it('never leads out of the buffer, whatever the bytes are', () => {
    const g = generator(99);
    for (const [codec] of Object.values(samples)) {
      for (let i = 0; i < 50; i++) {
        const bytes = g.bytes(codec.size + g.below(40)).map((byte) => (byte < 200 ? 0 : byte & 0x3f));
        try {
          codec.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }
  });

  it('follows a hostent in the order of Windows: aliases, address list, addresses, names', () => {
    const bytes = spi.hostent.encode({
      h_name: 'host',
      h_aliases: ['alias'],
      h_addrtype: spi.AF_INET,
      h_length: 4,
      h_addr_list: [Uint8Array.of(127, 0, 0, 1)],
    });
    const words = new DataView(bytes.buffer, bytes.byteOffset);
    expect(words.getUint32(4, true)).toBe(16);
    expect(words.getUint32(12, true)).toBe(24);
    expect([...bytes.subarray(32, 36)]).toEqual([127, 0, 0, 1]);
  });

  it('counts in the size of a query set', () => {
    expect(spi.sizeofWSAQUERYSET({ dwSize: 60 })).toBe(60);
    expect(spi.sizeofWSAQUERYSET({ dwSize: 60, lpszServiceInstanceName: 'abc' })).toBe(68);
    const value = querySet(generator(7));
    expect(spi.sizeofWSAQUERYSET(value)).toBe(spi.WSAQUERYSETW.encode(value).length);
  });

  it('must be as much as the structure says', () => {
    expect(() => spi.WSABUF.encode({ len: 3, buf: new Uint8Array(2) })).toThrow(/WSABUF/);
    expect(spi.WSABUF.decode(spi.WSABUF.encode({ len: 2, buf: Uint8Array.of(1, 2, 3) })).buf).toEqual(
      Uint8Array.of(1, 2),
    );
  });
});

describe('text in structures', () => {
  const info = protocolInfo(generator(1));

  it('is cut off to leave room for NUL', () => {
    const long = { ...info, szProtocol: 'x'.repeat(300) };
    for (const codec of [spi.WSAPROTOCOL_INFOW, spi.WSAPROTOCOL_INFOA]) {
      expect(codec.decode(codec.encode(long)).szProtocol).toBe('x'.repeat(255));
    }
  });

  it('is never cut inside a character', () => {
    const long = { ...info, szProtocol: `${'x'.repeat(254)}😀` };
    for (const codec of [spi.WSAPROTOCOL_INFOW, spi.WSAPROTOCOL_INFOA]) {
      expect(codec.decode(codec.encode(long)).szProtocol).toBe('x'.repeat(254));
    }
  });

  it('ends at its first NUL', () => {
    const bytes = spi.WSAPROTOCOL_INFOW.encode({ ...info, szProtocol: 'ab\0cd' });
    expect(spi.WSAPROTOCOL_INFOW.decode(bytes).szProtocol).toBe('ab');
  });
});

describe('objects of callers', () => {
  it('are known by their members, and what is absent counts as zero', () => {
    const bytes = spi.WSAPROTOCOL_INFOW.encode({ iSocketType: 1 } as spi.WSAPROTOCOL_INFO);
    expect(spi.WSAPROTOCOL_INFOW.decode(bytes)).toMatchObject({ iSocketType: 1, dwServiceFlags1: 0, szProtocol: '' });
    expect(
      spi.WSAOVERLAPPED.encode({ Internal: 1, InternalHigh: 2, Offset: 3, OffsetHigh: 4, hEvent: null }),
    ).toHaveLength(20);
  });

  it('may have null where nothing is meant', () => {
    const qos = { SendingFlowspec: null, ReceivingFlowspec: null, ProviderSpecific: null } as unknown as spi.QOS;
    expect(spi.QOS.encode(qos)).toEqual(new Uint8Array(72));
  });

  it('may have chains shorter than seven, never longer', () => {
    const chain = spi.WSAPROTOCOLCHAIN.encode({ ChainLen: 2, ChainEntries: [1001, 1002] });
    expect(spi.WSAPROTOCOLCHAIN.decode(chain).ChainEntries).toEqual([1001, 1002, 0, 0, 0, 0, 0]);
    expect(() => spi.WSAPROTOCOLCHAIN.encode({ ChainLen: 8, ChainEntries: Array(8).fill(1) })).toThrow(RangeError);
  });
});

describe('GUIDs', () => {
  it('have three little-endian groups', () => {
    expect([...spi.GUID.encode(spi.WSAID_CONNECTEX)]).toEqual([
      0xb9, 0x07, 0xa2, 0x25, 0xf3, 0xdd, 0x60, 0x46, 0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e,
    ]);
  });

  it('are compared without regard to case, and read in any spelling', () => {
    expect(spi.guidEqual(spi.WSAID_ACCEPTEX, spi.WSAID_ACCEPTEX.toLowerCase())).toBe(true);
    expect(spi.GUID.parse(`{${spi.WSAID_ACCEPTEX.toLowerCase()}}`)).toBe(spi.WSAID_ACCEPTEX);
    expect(spi.GUID.parse('not a GUID')).toBeNull();
    expect(() => spi.GUID.encode('not a GUID')).toThrow(RangeError);
  });
});
