import { readFileSync } from 'node:fs';
import * as spi from 'ws2spi/spi';
import { describe, expect, it } from 'vitest';

interface CLayout {
  structures: Record<string, { size: number; offsets: Record<string, number> }>;
  constants: Record<string, number>;
  guids: Record<string, string>;
}

const recorded = JSON.parse(readFileSync(new URL('./fixtures/c-layout.json', import.meta.url), 'utf8')) as CLayout;
const exported = spi as unknown as Record<string, unknown>;

interface Table {
  name?: string;
  size: number;
  fields?: readonly (readonly [string, number, unknown])[];
}
const tables = Object.entries(exported).filter(
  (entry): entry is [string, Table] => (entry[1] as Table | null)?.fields !== undefined,
);

describe('structures, compared with the C headers for 32-bit Windows', () => {
  for (const [name, c] of Object.entries(recorded.structures)) {
    it(`${name} has C's size and offsets`, () => {
      const codec = exported[name] as Table;
      expect(codec.size).toBe(c.size);
      const offsets = Object.fromEntries((codec.fields ?? []).map(([member, offset]) => [member, offset]));
      for (const [member, offset] of Object.entries(c.offsets))
        expect({ [member]: offsets[member] }).toEqual({ [member]: offset });
    });
  }

  it('leaves out no structure', () => {
    for (const [, codec] of tables) expect(recorded.structures).toHaveProperty(codec.name ?? '');
  });
});

// Newer headers than the recorded ones define these, SIO_ENTER_SOCKET_GROUP, SIO_TAKES_NAMES, SIO_PEER_ENDED, SIO_KEEP_RECEIVED and SIO_LAYER_TRAFFIC are codes of this package, and the 1996 specification's annex the ISO protocols.
const NOT_RECORDED = new Set(
  `
  ACCEPTEX_ADDRESS_OVERHEAD   IP_UNSPECIFIED_USER_MTU AI_BYPASS_DNS_CACHE AI_DNS_ONLY AI_EXTENDED AI_FORCE_CLEAR_TEXT AI_REQUIRE_SECURE AI_RESOLUTION_HANDLE
  AI_RETURN_TTL ISOPROTO_CLNP ISOPROTO_CLTP ISOPROTO_ESIS ISOPROTO_INACT_NL ISOPROTO_INTRAISIS ISOPROTO_TP
  ISOPROTO_TP0 ISOPROTO_TP1 ISOPROTO_TP2 ISOPROTO_TP3 ISOPROTO_TP4 ISOPROTO_X25 LUP_EXCLUSIVE_CUSTOM_SERVERS
  LUP_EXTENDED_QUERYSET LUP_FORCE_CLEAR_TEXT LUP_REQUIRE_SECURE LUP_RETURN_RESPONSE_FLAGS LUP_RETURN_TTL
  LUP_SECURE_WITH_FALLBACK MSG_ERRQUEUE NS_LOCALNAME SIO_DELETE_PEER_TARGET_NAME
  SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER SIO_IDEAL_SEND_BACKLOG_CHANGE SIO_IDEAL_SEND_BACKLOG_QUERY
  SIO_QUERY_RSS_PROCESSOR_INFO SIO_QUERY_RSS_SCALABILITY_INFO SIO_QUERY_SECURITY SIO_QUERY_WFP_ALE_ENDPOINT_HANDLE
  SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS SIO_SET_COMPATIBILITY_MODE
  SIO_SET_PEER_TARGET_NAME SIO_SET_SECURITY SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS SIO_SOCKET_CLOSE_NOTIFY
  SIO_UDP_NETRESET SO_BSP_STATE SO_COMPARTMENT_ID SO_ORIGINAL_DST SO_PAUSE_ACCEPT SO_PORT_SCALABILITY
  SO_RANDOMIZE_PORT SO_REUSE_MULTICASTPORT SO_REUSE_UNICASTPORT TCP_ATMARK TCP_CONGESTION_ALGORITHM
  TCP_DELAY_FIN_ACK TCP_FAIL_CONNECT_ON_ICMP_ERROR TCP_FASTOPEN TCP_ICMP_ERROR_INFO TCP_KEEPALIVE TCP_KEEPCNT
  TCP_KEEPIDLE TCP_KEEPINTVL TCP_MAXRT TCP_MAXRTMS TCP_MAXSEG TCP_NOSYNRETRIES TCP_NOURG TCP_OFFLOAD_PREFERENCE
  TCP_STDURG TCP_TIMESTAMPS UDP_RECV_MAX_COALESCED_SIZE UDP_SEND_MSG_SIZE WSA_IPSEC_NAME_POLICY_ERROR
  WSA_SECURE_HOST_NOT_FOUND SIO_ENTER_SOCKET_GROUP SIO_TAKES_NAMES SIO_PEER_ENDED SIO_KEEP_RECEIVED SIO_LAYER_TRAFFIC
  REG_BINARY REG_DWORD REG_SZ WM_QUIT WM_USER
`
    .trim()
    .split(/\s+/),
);

describe('constants, compared with the C headers', () => {
  const numbers = Object.entries(exported).filter((entry): entry is [string, number] => typeof entry[1] === 'number');

  it('have the values of the headers', () => {
    // NTSTATUS is signed in C, and unsigned here.
    const unsigned = (name: string, value: number) => (name.startsWith('STATUS_') ? value >>> 0 : value);
    const differing = Object.entries(recorded.constants).filter(
      ([name, value]) => exported[name] !== unsigned(name, value) && exported[name] !== value >>> 0,
    );
    expect(differing).toEqual([]);
  });

  it('are in the headers, unless they are newer', () => {
    const unknown = numbers.map(([name]) => name).filter((name) => !(name in recorded.constants));
    expect(unknown.filter((name) => !NOT_RECORDED.has(name))).toEqual([]);
  });

  it('have the GUIDs of the headers', () => {
    for (const [name, guid] of Object.entries(recorded.guids))
      expect({ [name]: exported[name] }).toEqual({ [name]: guid });
  });

  it.each([
    ['FIONBIO', 0x8004667e],
    ['FIONREAD', 0x4004667f],
    ['SIOCATMARK', 0x40047307],
    ['SIO_GET_EXTENSION_FUNCTION_POINTER', 0xc8000006],
    ['SIO_BASE_HANDLE', 0x48000022],
    ['SIO_BSP_HANDLE_POLL', 0x4800001d],
    ['INVALID_SOCKET', 0xffffffff],
    ['SOCKET_ERROR', -1],
    ['WSA_INFINITE', 0xffffffff],
    ['SO_PROTOCOL_INFO', 0x2005],
    ['SO_DONTLINGER', -129],
    ['SO_EXCLUSIVEADDRUSE', -5],
    ['AF_INET6', 23],
    ['WSAEDISCON', 10101],
    ['SOMAXCONN', 0x7fffffff],
    ['WSS_OPERATION_IN_PROGRESS', 0x103],
  ])('%s is %d', (name, value) => {
    expect(exported[name]).toBe(value);
  });
});

describe('service classes', () => {
  it('are made from ports, and tell them again', () => {
    const http = spi.SVCID_TCP(80);
    expect(http).toBe('00090050-0000-0000-C000-000000000046');
    expect(spi.IS_SVCID_TCP(http)).toBe(true);
    expect(spi.IS_SVCID_UDP(http)).toBe(false);
    expect(spi.PORT_FROM_SVCID_TCP(http.toLowerCase())).toBe(80);
    expect(spi.PORT_FROM_SVCID_UDP(spi.SVCID_UDP(65535))).toBe(65535);
    expect(spi.SAPID_FROM_SVCID_NETWARE(spi.SVCID_NETWARE(4))).toBe(4);
  });

  it('carry DNS record types', () => {
    expect(spi.IS_SVCID_DNS(spi.SVCID_DNS(28))).toBe(true);
    expect(spi.RR_FROM_SVCID(spi.SVCID_DNS(28))).toBe(28);
    expect(spi.IS_SVCID_DNS(spi.SVCID_TCP(80))).toBe(false);
    expect(spi.IS_SVCID_TCP(spi.SVCID_HOSTNAME)).toBe(false);
  });
});
