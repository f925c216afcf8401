// Looks a persistent TCP port reservation up, and gives a socket a port of it: the sample of Microsoft's page about
// LookupPersistentTcpPortReservation, line by line. Make the reservation first: ws2spi ports reserve 5000 20
import {
  AF_INET,
  createWs2_32,
  INADDR_ANY,
  INVALID_SOCKET,
  IPPROTO_TCP,
  MAKEWORD,
  NO_ERROR,
  parseSockaddr,
  ref,
  SIO_ASSOCIATE_PORT_RESERVATION,
  SOCK_STREAM,
  SOCKET_ERROR,
  sockaddr_in,
} from 'ws2spi';

const ws2 = createWs2_32();
const wprintf = (text) => process.stdout.write(text);

function wmain(argc, argv) {
  // Declare and initialize variables
  const resToken = ref(0n);
  const wsaData = {};
  const iFamily = AF_INET;
  const iType = SOCK_STREAM;
  const iProtocol = IPPROTO_TCP;
  const bytesReturned = ref(0);
  const sockName = new Uint8Array(16);
  const nameLen = ref(sockName.length);

  // Validate the parameters
  if (argc !== 3) {
    wprintf(`usage: ${argv[0]} <Starting Port> <Number of Ports>\n`);
    wprintf('Look up a persistent TCP port reservation\n');
    wprintf('Example usage:\n');
    wprintf(`   ${argv[0]} 5000 20\n`);
    wprintf('   where StartPort=5000 NumPorts=20\n');
    return 1;
  }

  const startPort = Number.parseInt(argv[1], 10); // host byte order
  if (!(startPort >= 0 && startPort <= 65535)) {
    wprintf('Starting point must be either 0 or between 1 and 65,535\n');
    return 1;
  }
  const startPortns = ws2.htons(startPort); // network byte order

  const numPorts = Number.parseInt(argv[2], 10);
  if (!(numPorts >= 0)) {
    wprintf('Number of ports must be a positive number\n');
    return 1;
  }

  const status = ws2.LookupPersistentTcpPortReservation(startPortns, numPorts, resToken);
  if (status !== NO_ERROR) {
    wprintf(`LookupPersistentTcpPortReservation returned error: ${status}\n`);
    return 1;
  }

  wprintf('LookupPersistentTcpPortReservation call succeeded\n');
  wprintf(`  Token = ${resToken.value}\n`);

  // Initialize Winsock
  let iResult = ws2.WSAStartup(MAKEWORD(2, 2), wsaData);
  if (iResult !== 0) {
    wprintf(`WSAStartup failed with error = ${iResult}\n`);
    return 1;
  }

  const sock = ws2.socket(iFamily, iType, iProtocol);
  if (sock === INVALID_SOCKET) wprintf(`socket function failed with error = ${ws2.WSAGetLastError()}\n`);
  else {
    wprintf('socket function succeeded\n');

    const token = new Uint8Array(8);
    new DataView(token.buffer).setBigUint64(0, resToken.value, true);
    iResult = ws2.WSAIoctl(
      sock,
      SIO_ASSOCIATE_PORT_RESERVATION,
      token,
      token.length,
      null,
      0,
      bytesReturned,
      null,
      null,
    );
    if (iResult !== 0) {
      wprintf(`WSAIoctl(SIO_ASSOCIATE_PORT_RESERVATION) failed with error = ${ws2.WSAGetLastError()}\n`);
    } else {
      wprintf(`WSAIoctl(SIO_ASSOCIATE_PORT_RESERVATION) succeeded, bytesReturned = ${bytesReturned.value}\n`);

      const service = sockaddr_in(ws2.inet_ntoa(INADDR_ANY), 0);

      iResult = ws2.bind(sock, service, service.length);
      if (iResult === SOCKET_ERROR) wprintf(`bind failed with error = ${ws2.WSAGetLastError()}\n`);
      else {
        wprintf('bind succeeded\n');
        iResult = ws2.getsockname(sock, sockName, nameLen);
        if (iResult === SOCKET_ERROR) wprintf(`getsockname failed with error = ${ws2.WSAGetLastError()}\n`);
        else {
          wprintf('getsockname succeeded\n');
          wprintf(`Port number allocated = ${parseSockaddr(sockName).port}\n`);
        }
      }
    }

    iResult = ws2.closesocket(sock);
    if (iResult === SOCKET_ERROR) wprintf(`closesocket failed with error = ${ws2.WSAGetLastError()}\n`);
  }
  ws2.WSACleanup();

  return 0;
}

process.exitCode = wmain(process.argv.length - 1, process.argv.slice(1));
ws2[Symbol.dispose]();
