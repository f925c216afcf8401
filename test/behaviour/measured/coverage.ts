// Which test shows which fact of the measured behaviour of Windows, by the numbers of that list. A test names the fact
// in a comment above it, such as `// 19.4.6`; coverage.test.ts holds the two together.

/** How a fact is covered. */
export interface Coverage {
  /** The files with tests that name the fact. */
  readonly files: readonly string[];
  /** What of it is not shown, or why the specification wins; a fact without a file has it. */
  readonly note?: string;
}

const OPTIONS_AND_IOCTLS =
  'Options, bind and ioctls: test/rooms/io/options.test.ts, names.test.ts and bad-input.test.ts, which do not give the number.';
const NOT_YET_RAW = 'Raw sockets are shown with their provider.';

/** Every fact: sections without bullets count as one. */
export const FACTS: Readonly<Record<string, Coverage>> = {
  '1.1': { files: ['test/behaviour/measured/creation.test.ts'] },
  '1.2': { files: ['test/behaviour/measured/creation.test.ts', 'test/rooms/ws2_32/startup.test.ts'] },
  '1.3': { files: ['test/behaviour/measured/creation.test.ts'] },
  '1.4': {
    files: ['test/behaviour/measured/creation.test.ts'],
    note: 'Without the duplicates, which no provider makes so far.',
  },
  '1.5': { files: ['test/behaviour/measured/creation.test.ts', 'test/rooms/ws2_32/startup.test.ts'] },
  '1.6': {
    files: [],
    note: 'Not yet: no provider duplicates sockets so far, WSADuplicateSocket is WSAEOPNOTSUPP. The dispatcher’s part is shown in test/rooms/ws2_32/socket-selection.test.ts.',
  },
  '2.1': { files: ['test/behaviour/measured/creation.test.ts', 'test/rooms/ws2_32/socket-selection.test.ts'] },
  '2.2': {
    files: ['test/behaviour/measured/creation.test.ts'],
    note: 'An instance is used by one thread: each has its own value.',
  },
  '2.3': { files: ['test/rooms/ws2_32/socket-selection.test.ts'] },
  '3.1': { files: ['test/rooms/io/options.test.ts'] },
  '3.2': { files: ['test/rooms/io/options.test.ts'] },
  '3.3': { files: ['testkit/provider/topics/non-blocking.ts'] },
  '3.4': { files: ['test/rooms/io/options.test.ts'] },
  '3.5': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.6': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.7': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.8': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.9': { files: ['test/rooms/io/options.test.ts'] },
  '3.10': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.11': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.12': { files: ['test/rooms/io/options.test.ts'] },
  '3.13': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.14': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.15': { files: [], note: OPTIONS_AND_IOCTLS },
  '3.16': { files: ['test/rooms/io/options.test.ts'] },
  '4.1': { files: [], note: OPTIONS_AND_IOCTLS },
  '4.2': { files: [], note: OPTIONS_AND_IOCTLS },
  '4.3': { files: [], note: OPTIONS_AND_IOCTLS },
  '4.4': { files: [], note: OPTIONS_AND_IOCTLS },
  '4.5': { files: [], note: OPTIONS_AND_IOCTLS },
  '4.6': { files: ['test/rooms/io/options.test.ts'] },
  '4.7': { files: [], note: OPTIONS_AND_IOCTLS },
  '5.1': { files: ['testkit/provider/topics/blocking.ts', 'test/behaviour/measured/transfers.test.ts'] },
  '5.2': { files: ['test/rooms/io/urgent-data.test.ts', 'test/behaviour/measured/transfers.test.ts'] },
  '5.3': { files: ['test/behaviour/measured/waiting.test.ts'] },
  '5.4': { files: ['test/behaviour/measured/transfers.test.ts'] },
  '6.1': { files: ['test/behaviour/measured/creation.test.ts'] },
  '6.2': { files: ['test/behaviour/measured/creation.test.ts'] },
  '6.3': { files: ['test/rooms/io/datagram-messages.test.ts'] },
  '6.4': { files: ['test/rooms/io/datagram-messages.test.ts'] },
  '6.5': { files: ['test/rooms/io/datagram-messages.test.ts'] },
  '6.6': { files: ['test/rooms/io/datagram-messages.test.ts'] },
  '6.7': { files: ['test/rooms/io/datagram-messages.test.ts', 'test/behaviour/measured/creation.test.ts'] },
  '6.8': { files: ['test/behaviour/measured/datagrams-and-states.test.ts'] },
  '7.1': { files: ['test/behaviour/measured/datagrams-and-states.test.ts'] },
  '7.2': { files: ['testkit/provider/topics/datagrams.ts', 'test/behaviour/measured/datagrams-and-states.test.ts'] },
  '8': {
    files: ['test/rooms/ws2_32/socket-selection.test.ts'],
    note: 'Shown with the memory provider’s catalog. AF_UNSPEC is AF_INET, as before Windows 11.',
  },
  '8.1': { files: ['test/behaviour/measured/creation.test.ts'] },
  '8.2': { files: ['test/behaviour/measured/creation.test.ts', 'test/rooms/ws2_32/socket-selection.test.ts'] },
  '8.3': { files: ['test/rooms/io/options.test.ts', 'test/behaviour/measured/creation.test.ts'] },
  '8.4': { files: ['test/rooms/ws2_32/socket-selection.test.ts'] },
  '8.5': { files: [], note: NOT_YET_RAW },
  '8.6': {
    files: ['test/behaviour/measured/creation.test.ts'],
    note: 'There is no IPX: WSAEAFNOSUPPORT, which the fact allows, and no offsets.',
  },
  '8.7': { files: ['test/rooms/ws2_32/socket-selection.test.ts'] },
  '10.1': { files: ['test/rooms/io/connect-by-name.test.ts'] },
  '10.2': { files: ['test/rooms/io/connect-by-name.test.ts'] },
  '10.3': { files: ['test/rooms/io/connect-by-name.test.ts'] },
  '10.4': {
    files: ['test/rooms/io/connect-by-name.test.ts'],
    note: 'A datagram socket is WSAEINVAL, as before Windows 10 1809.',
  },
  '12.1': { files: ['testkit/provider/topics/select.ts', 'test/behaviour/measured/waiting.test.ts'] },
  '12.2': { files: ['test/behaviour/measured/waiting.test.ts'] },
  '12.3': { files: ['test/rooms/io/options.test.ts', 'test/behaviour/measured/waiting.test.ts'] },
  '12.4': { files: ['test/behaviour/measured/waiting.test.ts'] },
  '13.1': { files: ['testkit/provider/topics/select.ts', 'test/behaviour/measured/waiting.test.ts'] },
  '13.2': {
    files: ['testkit/provider/topics/select.ts', 'test/behaviour/measured/waiting.test.ts'],
    note: 'The other thread is a procedure that runs in the wait.',
  },
  '13.3': { files: ['testkit/provider/topics/select.ts'] },
  '13.4': { files: ['testkit/provider/topics/select.ts'] },
  '13.5': { files: ['testkit/provider/topics/select.ts'] },
  '13.6': { files: ['testkit/provider/topics/select.ts'] },
  '13.7': { files: ['testkit/provider/topics/select.ts', 'test/behaviour/measured/waiting.test.ts'] },
  '13.8': { files: ['testkit/provider/topics/select.ts'], note: 'With 70 sockets, more than FD_SETSIZE.' },
  '13.9': { files: ['testkit/provider/topics/select.ts', 'test/behaviour/measured/waiting.test.ts'] },
  '13.10': { files: ['test/behaviour/measured/waiting.test.ts'] },
  '13.11': { files: ['test/behaviour/measured/waiting.test.ts'] },
  '13.12': {
    files: [
      'testkit/provider/topics/non-blocking.ts',
      'testkit/provider/topics/select.ts',
      'test/behaviour/measured/waiting.test.ts',
    ],
  },
  '13.13': { files: ['testkit/provider/topics/non-blocking.ts', 'testkit/provider/topics/select.ts'] },
  '13.14': { files: ['testkit/provider/topics/select.ts', 'test/behaviour/measured/waiting.test.ts'] },
  '13.15': { files: ['testkit/provider/topics/select.ts'] },
  '13.16': { files: ['testkit/provider/topics/select.ts', 'test/behaviour/measured/polling.test.ts'] },
  '16.1': { files: [], note: OPTIONS_AND_IOCTLS },
  '16.2': { files: [], note: OPTIONS_AND_IOCTLS },
  '16.3': { files: ['test/rooms/io/urgent-data.test.ts'] },
  '16.4': { files: ['test/rooms/io/urgent-data.test.ts', 'test/behaviour/measured/transfers.test.ts'] },
  '16.5': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.1': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.2': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.3': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.4': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.5': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.6': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.7': { files: [], note: OPTIONS_AND_IOCTLS },
  '17.8': { files: [], note: OPTIONS_AND_IOCTLS },
  '19.1.1': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.1.2': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.1.3': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.1.4': {
    files: [
      'testkit/provider/topics/event-select.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.1.5': {
    files: [
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.1.6': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.1.7': {
    files: [
      'testkit/provider/topics/event-select.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.1.8': {
    files: [
      'testkit/provider/topics/event-select.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.1.9': { files: ['test/rooms/io/accept-ex.test.ts', 'test/behaviour/measured/window-notifications.test.ts'] },
  '19.2.1': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.2.2': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.2.3': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.2.4': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.2.5': {
    files: ['testkit/provider/topics/event-select.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.2.6': {
    files: [
      'testkit/provider/topics/event-select-data.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.4.1': {
    files: ['testkit/provider/topics/event-select-data.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.4.2': {
    files: ['testkit/provider/topics/event-select-data.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.4.3': {
    files: ['testkit/provider/topics/event-select-data.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.4.4': {
    files: [
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.4.5': {
    files: ['testkit/provider/topics/event-select-data.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.4.6': {
    files: [
      'testkit/provider/topics/event-select-data.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.4.7': {
    files: ['testkit/provider/topics/event-select-data.ts', 'test/behaviour/measured/window-notifications.test.ts'],
  },
  '19.4.8': {
    files: [
      'testkit/provider/topics/event-select-data.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
  },
  '19.5': { files: ['testkit/provider/topics/event-select-data.ts', 'test/behaviour/measured/window-closing.test.ts'] },
  '19.7': {
    files: [
      'testkit/provider/topics/event-select.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-closing.test.ts',
    ],
  },
  '20.1': { files: [], note: OPTIONS_AND_IOCTLS },
  '20.2': { files: [], note: OPTIONS_AND_IOCTLS },
  '21.1': { files: ['test/rooms/io/datagram-messages.test.ts'] },
  '21.2': {
    files: ['test/rooms/io/datagram-messages.test.ts', 'test/behaviour/measured/datagrams-and-states.test.ts'],
  },
  '21.3': { files: ['test/behaviour/measured/datagrams-and-states.test.ts'] },
  '23.1': { files: ['testkit/provider/topics/poll.ts'] },
  '23.2': { files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/polling.test.ts'] },
  '23.3': { files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/polling.test.ts'] },
  '23.4': { files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/polling.test.ts'] },
  '23.5': { files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/polling.test.ts'] },
  '23.6': {
    files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/polling.test.ts'],
    note: 'The other thread is a procedure that runs in the wait.',
  },
  '23.7': { files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/waiting.test.ts'] },
  '23.8': { files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/polling.test.ts'] },
  '24.1': { files: ['test/rooms/io/connect-ex.test.ts', 'test/behaviour/measured/datagrams-and-states.test.ts'] },
  '24.2': { files: ['test/rooms/io/connect-ex.test.ts', 'test/behaviour/measured/datagrams-and-states.test.ts'] },
  '24.3': { files: ['test/rooms/io/connect-ex.test.ts'] },
  '24.4': { files: ['test/rooms/io/connect-ex.test.ts'] },
  '24.5': { files: ['test/behaviour/measured/waiting.test.ts'] },
  '24.6': { files: ['test/behaviour/measured/waiting.test.ts'] },
  '24.7': { files: ['test/behaviour/measured/completion-packets.test.ts'] },
  '25.1': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.2': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.3': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.4': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.5': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.6': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.7': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.8': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.9': { files: ['test/rooms/io/accept-ex.test.ts'] },
  '25.10': {
    files: ['test/rooms/io/accept-ex.test.ts'],
    note: 'Without the duplicated handles, which no provider makes so far.',
  },
  '27.1': { files: ['test/rooms/io/connect-ex.test.ts'] },
  '27.2': { files: ['test/rooms/io/connect-ex.test.ts'] },
  '28.1': { files: ['test/rooms/io/transmit-file.test.ts', 'test/behaviour/measured/creation.test.ts'] },
  '28.2': { files: ['test/rooms/io/transmit-file.test.ts'] },
  '29': { files: ['test/rooms/io/names.test.ts'] },
  '30.1': { files: [], note: OPTIONS_AND_IOCTLS },
  '30.2': { files: [], note: OPTIONS_AND_IOCTLS },
  '31.1': {
    files: ['testkit/provider/topics/completion-ports.ts', 'test/behaviour/measured/completion-packets.test.ts'],
  },
  '31.2': {
    files: ['testkit/provider/topics/completion-ports.ts', 'test/behaviour/measured/completion-packets.test.ts'],
  },
  '31.3': { files: ['test/behaviour/measured/completion-packets.test.ts'] },
  '31.4': { files: ['testkit/provider/topics/completion-ports.ts'] },
  '31.5': {
    files: [
      'testkit/provider/topics/completion-ports.ts',
      'test/rooms/io/connect-ex.test.ts',
      'test/behaviour/measured/completion-packets.test.ts',
    ],
    note: 'FILE_SKIP_COMPLETION_PORT_ON_SUCCESS is not a function of WinSock, and not there.',
  },
  '31.6': { files: ['test/behaviour/measured/completion-packets.test.ts'] },
  '31.7': { files: ['test/behaviour/measured/completion-packets.test.ts'] },
  '31.8': {
    files: ['test/behaviour/measured/completion-packets.test.ts'],
    note: 'The specification wins: WSARecv, WSASend “WSA_OPERATION_ABORTED: The overlapped operation has been canceled due to the closure of the socket”, hence ERROR_OPERATION_ABORTED.',
  },
  '31.9': {
    files: [
      'test/behaviour/measured/completion-packets.test.ts',
      'test/behaviour/measured/event-notifications.test.ts',
      'test/behaviour/measured/window-notifications.test.ts',
    ],
    note: 'CloseHandle takes no sockets here (calling conventions); it is WSA_INVALID_HANDLE.',
  },
  '31.10': {
    files: ['test/behaviour/measured/window-notifications.test.ts'],
    note: 'An instance is used by one thread; shown is that a receive’s data posts no FD_READ.',
  },
  '32.1': { files: [], note: OPTIONS_AND_IOCTLS },
  '32.2': { files: [], note: OPTIONS_AND_IOCTLS },
  '34': {
    files: [
      'test/rooms/io/connect-ex.test.ts',
      'testkit/provider/topics/non-blocking.ts',
      'test/behaviour/measured/datagrams-and-states.test.ts',
    ],
    note: 'On loopback, where a connect is under way until the next turn; an unreachable network is not part of the tests.',
  },
  '35': { files: ['test/behaviour/measured/statuses.test.ts'] },
  '35.1': {
    files: ['test/behaviour/measured/statuses.test.ts'],
    note: 'There are no handles of the operating system’s to duplicate.',
  },
  '35.2': { files: ['test/behaviour/measured/statuses.test.ts'] },
  '36.1': {
    files: ['test/behaviour/measured/completion-packets.test.ts', 'test/behaviour/measured/transfers.test.ts'],
    note: 'Without a structure’s event the socket itself cannot be waited for: WSAWaitForMultipleEvents, “WSA_INVALID_HANDLE: one or more of the values in the lphEvents array is not a valid event object handle”. The completion is in the structure.',
  },
  '36.2': {
    files: ['test/behaviour/measured/transfers.test.ts'],
    note: 'The specification wins: WSARecv, “For nonoverlapped sockets, the blocking semantics are identical to that of the standard recv function and the lpOverlapped and lpCompletionRoutine parameters are ignored”.',
  },
  '36.3': { files: ['test/behaviour/measured/transfers.test.ts'] },
  '36.4': { files: ['test/behaviour/measured/transfers.test.ts'] },
  '37': { files: ['test/behaviour/measured/polling.test.ts'] },
  '40': { files: ['testkit/provider/topics/poll.ts', 'test/behaviour/measured/completion-packets.test.ts'] },
  '41': { files: [], note: NOT_YET_RAW },
  '52': { files: ['test/rooms/providers/namespaces/get-x-by-y.test.ts'] },
  '53': {
    files: ['test/rooms/providers/namespaces/get-x-by-y.test.ts'],
    note: 'Objects are fresh for each call (calling conventions).',
  },
  '54': { files: ['test/rooms/providers/namespaces/lookup.test.ts'] },
  '56': {
    files: ['test/rooms/ws2_32/byte-order.test.ts'],
    note: 'Strings are values here: there is no buffer that another thread could overwrite.',
  },
  '57': { files: ['test/rooms/ws2_32/address-text.test.ts'] },
  '60': { files: ['test/rooms/io/address-strings.test.ts'] },
  '61': { files: [], note: 'Not yet: getaddrinfo is not there.' },
  '62': { files: [], note: 'Not yet: GetAddrInfoEx is not there.' },
  '63': {
    files: ['test/rooms/providers/namespaces/get-x-by-y.test.ts'],
    note: 'Objects are fresh for each call; the layout of memory is that of hostent.encode (test/rooms/spi/structures.test.ts).',
  },
  '68': { files: [], note: 'Not yet: WSCGetApplicationCategory is not there.' },
};

/** The numbers of the list, in its order. */
export const NUMBERS: readonly string[] = (
  '1.1 1.2 1.3 1.4 1.5 1.6 2.1 2.2 2.3 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9 3.10 3.11 ' +
  '3.12 3.13 3.14 3.15 3.16 4.1 4.2 4.3 4.4 4.5 4.6 4.7 5.1 5.2 5.3 5.4 6.1 6.2 6.3 6.4 ' +
  '6.5 6.6 6.7 6.8 7.1 7.2 8 8.1 8.2 8.3 8.4 8.5 8.6 8.7 10.1 10.2 10.3 10.4 12.1 12.2 ' +
  '12.3 12.4 13.1 13.2 13.3 13.4 13.5 13.6 13.7 13.8 13.9 13.10 13.11 13.12 13.13 13.14 13.15 13.16 16.1 16.2 ' +
  '16.3 16.4 16.5 17.1 17.2 17.3 17.4 17.5 17.6 17.7 17.8 19.1.1 19.1.2 19.1.3 19.1.4 19.1.5 19.1.6 19.1.7 19.1.8 19.1.9 ' +
  '19.2.1 19.2.2 19.2.3 19.2.4 19.2.5 19.2.6 19.4.1 19.4.2 19.4.3 19.4.4 19.4.5 19.4.6 19.4.7 19.4.8 19.5 19.7 20.1 20.2 21.1 21.2 ' +
  '21.3 23.1 23.2 23.3 23.4 23.5 23.6 23.7 23.8 24.1 24.2 24.3 24.4 24.5 24.6 24.7 25.1 25.2 25.3 25.4 ' +
  '25.5 25.6 25.7 25.8 25.9 25.10 27.1 27.2 28.1 28.2 29 30.1 30.2 31.1 31.2 31.3 31.4 31.5 31.6 31.7 ' +
  '31.8 31.9 31.10 32.1 32.2 34 35 35.1 35.2 36.1 36.2 36.3 36.4 37 40 41 52 53 54 56 ' +
  '57 60 61 62 63 68 '
)
  .trim()
  .split(' ');
