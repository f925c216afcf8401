// What Wine does otherwise than Windows, and why: tests of the I/O suite, and of what every provider should pass, that fail for it and would pass on
// Windows. Only what Wine lacks, or hands on of Linux' ways, belongs here, no fault of this package's; and at the end what Windows does so too.

/**
 * @typedef {object} Difference
 * @property {string} reason
 * @property {readonly [file: string, tests: RegExp][]} tests a file of test/rooms/io or testkit, without its ending, and the names of its tests
 * @property {boolean} [bare] only where linux-ways.c and a network of its own are not there to see to it
 * @property {boolean} [hangs] they wait for ever for it: they are not run
 */

/** @type {readonly Difference[]} */
export const DIFFERENCES = [
  {
    bare: true,
    reason:
      'Wine tells nobody that a datagram found no one, or ran out of hops; a connected socket hears of it once, as WSAECONNREFUSED',
    tests: [
      [
        'datagram-errors',
        /^a datagram that nobody was there for: tcpip .* (fails the next receive|is told of |wakes a receive|makes select|is an FD_READ|ends an overlapped|fails an overlapped|is WSAECONNRESET|is ERROR_PORT_UNREACHABLE|is not told of (while|to a connected))/,
      ],
      [
        'ioctls',
        /^an ioctl of one kind of socket: tcpip .* SIO_UDP_CONNRESET turns the word of a closed port on and off/,
      ],
      ['raw-sockets', /^a datagram whose time to live expired: tcpip fails a receive with WSAENETRESET/],
    ],
  },
  {
    reason:
      'Wine takes SIO_UDP_CONNRESET and SIO_UDP_NETRESET and does nothing, has no word for hops that ran out, and Linux tells of what was answered before what came earlier',
    tests: [
      [
        'datagram-errors',
        /^a datagram that nobody was there for: tcpip .* is (told of once each, and takes its place|not told of (while|to a connected socket either while))/,
      ],
      [
        'ioctls',
        /^an ioctl of one kind of socket: tcpip .* SIO_UDP_CONNRESET turns the word of a closed port on and off/,
      ],
      ['raw-sockets', /^a datagram whose time to live expired: tcpip fails a receive with WSAENETRESET/],
    ],
  },
  {
    reason:
      'Who may share an address goes by Linux’ rules: no specific address beside a wildcard, no order among listeners',
    tests: [
      ['address-sharing', /^two sockets on one port: tcpip agree as (streams|datagrams) over/],
      [
        'address-sharing',
        /^two listeners on one port: tcpip (have connections reach the more specific one|may come while)/,
      ],
      ['address-sharing', /^listeners that share an address: tcpip have connections reach the earliest/],
      ['address-sharing', /^on native sockets a specific address that was had beside a wildcard/],
      ['address-sharing', /^a datagram socket that was given a name by sending or connecting: tcpip has its port/],
      [
        'same-ends',
        /^a stream that is to be connected to its own name: tcpip .* where (another listens|it has all addresses)/,
      ],
      ['same-ends', /^a name that is had beside another: tcpip stays when a datagram socket/],
    ],
  },
  {
    bare: true,
    reason: 'Linux lets a socket into 20 groups, and Wine confuses a group’s source and its interface',
    tests: [['groups', /^the groups of a (socket: tcpip .* (are 256|are left|have at most|end with)|native socket)/]],
  },
  {
    reason:
      'Wine has no MCAST_JOIN_GROUP and its family, which are all that IPv6 has for sources; Linux knows an interface of sources by no index',
    tests: [
      ['groups', /^the groups of a socket: tcpip .* (of IPv6 have sources|are joined for a source by an interface)/],
      ['option-values', /^on native sockets MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP/],
    ],
  },
  {
    reason: 'What a socket that is bound to 127.0.0.2 sends to a group comes from 127.0.0.1 under Wine',
    tests: [['groups', /^the groups of a socket: tcpip .* may be joined for some sources/]],
  },
  {
    reason: 'Windows has no limit of 20 groups, which the test of a duplicate wants to see of Linux',
    tests: [['groups', /^the groups of a native socket that is duplicated/]],
  },
  {
    bare: true,
    reason: 'A socket gets what is sent to groups of the whole machine: Linux’ IP_MULTICAST_ALL, which Wine leaves on',
    tests: [
      ['multipoint', /^a multipoint session: tcpip .* is joined for sending, for receiving or for both \(IPv4\)/],
    ],
  },
  {
    reason: 'Wine counts an urgent byte that was received among what can be, once urgent bytes are ordinary ones',
    tests: [['urgent-data', /^urgent data: tcpip .* that was passed comes first once it is ordinary data/]],
  },
  {
    reason: 'Wine has raw sockets of few protocols: none of ICMPv6, of IPPROTO_RAW and of numbers that nobody uses',
    tests: [
      [
        'raw-sockets',
        /^a raw socket: tcpip (comes of the hidden|receives no header over IPv6|sends a message to a name|makes its own|takes the time)/,
      ],
      ['option-kinds', /^every option of the table: tcpip is had by a raw socket/],
      ['option-kinds', /^raw sockets: tcpip have IP_HDRINCL/],
      ['port-reservations', /^the ioctls of port reservations: tcpip are for TCP and UDP alone/],
    ],
  },
  { reason: 'Wine has no SIO_TCP_INFO', tests: [['ioctls', /^SIO_TCP_INFO: tcpip .* tells of a connection/]] },
  {
    reason: 'Wine has no IP_MTU, IP_MTU_DISCOVER, TCP_MAXSEG and UDP_NOCHECKSUM',
    tests: [
      ['option-kinds', /^options of IP: tcpip .* IP(V6)?_MTU needs a connection/],
      ['option-kinds', /^every option of the table: tcpip is had by a (stream|datagram) socket/],
      ['option-values', /^every option of the table: tcpip UDP_NOCHECKSUM/],
      ['option-values', /^options of the path: tcpip tell of its MTU/],
    ],
  },
  {
    reason: 'Wine says 65,507 of SO_MAX_MSG_SIZE for IPv6 too, where Windows says 65,527',
    tests: [['small-answers', /^a datagram socket tells: tcpip .* the longest datagram that it sends, over IPv6/]],
  },
  {
    reason: 'Wine’s WSASendMsg sends without the control data',
    tests: [['datagram-messages', /^WSASendMsg: tcpip .* comes from the address that IP_PKTINFO names/]],
  },
  {
    bare: true,
    reason: 'A link-local address without a scope is not looked up: Linux refuses it',
    tests: [['scopes-and-groups', /^a link-local destination without a scope: tcpip is reached/]],
  },
  {
    reason: 'Linux takes the port from a stream whose connect failed, and Wine binds none twice',
    tests: [
      ['provider-tcpip', /^tcpip alone a non-blocking socket may listen after a connect that failed/],
      ['provider-tcpip', /^tcpip alone a socket whose connect failed can (listen|connect again)/],
    ],
  },
  {
    reason: 'Wine tells of no end of a stream while data before it is unread',
    tests: [
      ['provider-tcpip', /^tcpip alone WSAPoll tells of the peer's end whether asked or not/],
      ['provider-tcpip', /^tcpip alone the peer’s end is no FD_READ of data that was told of before/],
    ],
  },
  {
    reason: 'Linux goes on to take data after receiving was shut down, and sends no reset',
    tests: [
      [
        'provider-tcpip',
        /^tcpip alone after receiving was shut down .*(data beyond what waited resets|the connection is reset by data)/,
      ],
    ],
  },
  {
    reason: 'Wine hands on Linux’ WSAECONNRESET where a send met a peer that had ended, WSAECONNABORTED on Windows',
    tests: [['provider-tcpip', /^tcpip alone after a send to a peer that has gone (?!a reset without)/]],
  },
  {
    reason: 'Linux gives a datagram socket that is disconnected the address of its peer’s interface to keep',
    tests: [
      [
        'provider-tcpip',
        /^tcpip alone a datagram socket hears everybody again once it is disconnected, .* on 0\.0\.0\.0/,
      ],
    ],
  },
  {
    bare: true,
    reason: 'Linux fails a send as well for a datagram before it that found nobody',
    tests: [['provider-tcpip', /^tcpip alone a datagram socket sends to a closed port without complaint/]],
  },
  {
    reason:
      'AFD tells that there is something, not that more has come: so it is on Windows, as far as is known, and a second arrival that nobody has taken the first of is not told',
    tests: [
      ['provider-tcpip', /^tcpip alone WSAEventSelect records FD_ACCEPT once per arrival/],
      ['provider-tcpip', /^tcpip alone WSAEventSelect on data(gram sockets)? records FD_READ for each/],
    ],
  },
  {
    reason: 'Windows goes on by itself to send what a closed socket has left: nothing tells when it is done',
    tests: [['provider-tcpip', /^tcpip alone closesocket would block on a non-blocking socket that is to linger/]],
  },
];

const fileName = (file) =>
  file
    .replaceAll('\\', '/')
    .replace(/^.*\//, '')
    .replace(/\.test\.ts$/, '');

/**
 * The reason for which a test is expected to fail; `null` when it is expected to pass.
 *
 * @param {boolean} asOnWindows whether linux-ways.c and a network of its own are there
 */
export function differenceOf(file, name, asOnWindows) {
  const found = DIFFERENCES.find(
    ({ bare, tests }) =>
      !(bare === true && asOnWindows) &&
      tests.some(([where, pattern]) => where === fileName(file) && pattern.test(name)),
  );
  return found?.reason ?? null;
}

/** The patterns of the names of a file's tests that are not run. */
export function hangsOf(file) {
  const hanging = DIFFERENCES.filter(({ hangs }) => hangs === true).flatMap(({ tests }) => tests);
  return hanging.filter(([where]) => where === fileName(file)).map(([, pattern]) => pattern);
}
