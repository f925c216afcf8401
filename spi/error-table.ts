// What each error code means, and what may be done about it: the one table from which names, texts and Node.js' codes
// are read.
import * as code from './error-codes.js';

/** What is known about one error code. */
export interface WinsockError {
  /** The constant's name. */
  readonly name: string;
  readonly value: number;
  /** What went wrong, in a sentence. */
  readonly text: string;
  /** What the programmer may do about it. */
  readonly cure: string;
  /** Node.js' code for the same condition, where there is one. */
  readonly node?: string;
}

type About = Omit<WinsockError, 'name' | 'value'>;

const BY_NAME: Partial<Record<keyof typeof code, About>> = {
  WSA_INVALID_HANDLE: {
    node: 'EBADF',
    text: 'The event object or lookup handle is not valid.',
    cure: 'Pass a handle that was created here and is still open.',
  },
  WSA_NOT_ENOUGH_MEMORY: {
    node: 'ENOMEM',
    text: 'There is not enough memory.',
    cure: 'Free memory and try again.',
  },
  WSA_INVALID_PARAMETER: {
    node: 'EINVAL',
    text: 'An argument of the call is wrong.',
    cure: 'Check the arguments.',
  },
  WSA_OPERATION_ABORTED: {
    node: 'ECANCELED',
    text: 'The overlapped operation was cancelled, because its socket was closed or its I/O was cancelled.',
    cure: "Expect this after closing a socket; release the operation's buffers.",
  },
  WSA_IO_INCOMPLETE: {
    text: 'The overlapped operation has not completed yet.',
    cure: 'Wait for its event or ask again later.',
  },
  WSA_IO_PENDING: {
    text: 'The overlapped operation was started and will complete later.',
    cure: 'This is not a failure; wait for the completion.',
  },
  WSAEINTR: {
    node: 'EINTR',
    text: 'A blocking call was interrupted by WSACancelBlockingCall or by closing the socket.',
    cure: 'Repeat the call if it is still wanted.',
  },
  WSAEBADF: {
    node: 'EBADF',
    text: 'The file handle is not valid.',
    cure: 'Pass a handle that is open.',
  },
  WSAEACCES: {
    node: 'EACCES',
    text: "The socket's permissions or settings forbid the operation.",
    cure: 'Set SO_BROADCAST for broadcasts, choose a port that is not exclusive, or ask for the right.',
  },
  WSAEFAULT: {
    node: 'EFAULT',
    text: 'A pointer is bad, or a buffer is too small.',
    cure: 'Pass a buffer of the size that the call reports.',
  },
  WSAEINVAL: {
    node: 'EINVAL',
    text: 'An argument is wrong, or the socket is in a state that does not allow the call.',
    cure: 'Check the arguments and the order of the calls, such as bind before listen.',
  },
  WSAEMFILE: {
    node: 'EMFILE',
    text: 'There are too many open sockets.',
    cure: 'Close sockets that are not needed.',
  },
  WSAEWOULDBLOCK: {
    node: 'EAGAIN',
    text: 'The operation cannot be completed at once on a non-blocking socket.',
    cure: 'Wait until the socket is ready and repeat the call.',
  },
  WSAEINPROGRESS: {
    node: 'EINPROGRESS',
    text: 'A blocking operation is running already.',
    cure: 'Wait until it ends.',
  },
  WSAEALREADY: {
    node: 'EALREADY',
    text: 'An operation of the same kind is running on the socket already.',
    cure: 'Wait until the first one ends.',
  },
  WSAENOTSOCK: {
    node: 'ENOTSOCK',
    text: 'The handle is not a socket.',
    cure: 'Pass a socket that is open and belongs to this instance.',
  },
  WSAEDESTADDRREQ: {
    node: 'EDESTADDRREQ',
    text: 'The operation needs a destination address.',
    cure: 'Pass an address or connect the socket first.',
  },
  WSAEMSGSIZE: {
    node: 'EMSGSIZE',
    text: 'The message is larger than the buffer or than the protocol allows.',
    cure: 'Use a larger buffer, or send less at once.',
  },
  WSAEPROTOTYPE: {
    node: 'EPROTOTYPE',
    text: 'The protocol does not fit the type of socket.',
    cure: 'Choose a protocol of that type, or 0.',
  },
  WSAENOPROTOOPT: {
    node: 'ENOPROTOOPT',
    text: 'The option or level is unknown or not supported.',
    cure: 'Check level and option name for this protocol.',
  },
  WSAEPROTONOSUPPORT: {
    node: 'EPROTONOSUPPORT',
    text: 'No installed provider offers the protocol.',
    cure: 'Check the protocol number and the catalog.',
  },
  WSAESOCKTNOSUPPORT: {
    node: 'ESOCKTNOSUPPORT',
    text: 'The address family has no such type of socket.',
    cure: 'Choose a type that the catalog offers for the family.',
  },
  WSAEOPNOTSUPP: {
    node: 'EOPNOTSUPP',
    text: 'The socket does not support the operation.',
    cure: "Check that the socket's type and state allow it.",
  },
  WSAEPFNOSUPPORT: {
    node: 'EPFNOSUPPORT',
    text: 'No installed provider offers the protocol family.',
    cure: 'Check the family and the catalog.',
  },
  WSAEAFNOSUPPORT: {
    node: 'EAFNOSUPPORT',
    text: 'The address family is unknown, or does not fit the protocol.',
    cure: "Use addresses of the socket's own family.",
  },
  WSAEADDRINUSE: {
    node: 'EADDRINUSE',
    text: 'Another socket uses the local address already.',
    cure: 'Choose another port, or close the other socket.',
  },
  WSAEADDRNOTAVAIL: {
    node: 'EADDRNOTAVAIL',
    text: 'The address is not one of this machine, or cannot be reached at all.',
    cure: 'Bind to a local address; connect to an address and port other than zero.',
  },
  WSAENETDOWN: {
    node: 'ENETDOWN',
    text: 'The network or its provider has failed.',
    cure: 'Check the network and try again.',
  },
  WSAENETUNREACH: {
    node: 'ENETUNREACH',
    text: 'There is no route to the network.',
    cure: 'Check address and routes.',
  },
  WSAENETRESET: {
    node: 'ENETRESET',
    text: 'Keep-alive noticed that the connection is broken.',
    cure: 'Connect again.',
  },
  WSAECONNABORTED: {
    node: 'ECONNABORTED',
    text: 'The connection was given up on this machine.',
    cure: 'Connect again.',
  },
  WSAECONNRESET: {
    node: 'ECONNRESET',
    text: "The peer has reset the connection, or nobody listens at a datagram's destination.",
    cure: 'Connect again.',
  },
  WSAENOBUFS: {
    node: 'ENOBUFS',
    text: 'There is no room for buffers or queues.',
    cure: 'Close sockets or send less, and try again.',
  },
  WSAEISCONN: {
    node: 'EISCONN',
    text: 'The socket is connected already.',
    cure: 'Use the connection, or a new socket.',
  },
  WSAENOTCONN: {
    node: 'ENOTCONN',
    text: 'The socket is not connected.',
    cure: 'Connect it first, or pass an address.',
  },
  WSAESHUTDOWN: {
    node: 'EPIPE',
    text: 'The socket was shut down for this direction.',
    cure: 'Neither send after SD_SEND nor receive after SD_RECEIVE.',
  },
  WSAETOOMANYREFS: {
    node: 'ETOOMANYREFS',
    text: 'There are too many references to a kernel object.',
    cure: 'Close handles that are not needed.',
  },
  WSAETIMEDOUT: {
    node: 'ETIMEDOUT',
    text: "The peer did not answer in time, or the socket's time limit ran out.",
    cure: 'Try again, or allow more time.',
  },
  WSAECONNREFUSED: {
    node: 'ECONNREFUSED',
    text: 'The peer refused the connection; mostly nobody listens there.',
    cure: 'Check address and port, and that the server runs.',
  },
  WSAELOOP: {
    node: 'ELOOP',
    text: 'A name leads back to itself.',
    cure: 'Check the name.',
  },
  WSAENAMETOOLONG: {
    node: 'ENAMETOOLONG',
    text: 'The name is too long.',
    cure: 'Use a shorter name.',
  },
  WSAEHOSTDOWN: {
    node: 'EHOSTDOWN',
    text: 'The destination host is down.',
    cure: 'Try again later.',
  },
  WSAEHOSTUNREACH: {
    node: 'EHOSTUNREACH',
    text: 'There is no route to the host.',
    cure: 'Check address and routes.',
  },
  WSAENOTEMPTY: {
    node: 'ENOTEMPTY',
    text: 'The directory is not empty.',
    cure: 'Empty it first.',
  },
  WSAEPROCLIM: {
    node: 'EPROCLIM',
    text: 'Too many tasks use WinSock at once.',
    cure: 'Call WSACleanup in those that are done.',
  },
  WSAEUSERS: {
    node: 'EUSERS',
    text: "The user's quota is exhausted.",
    cure: 'Try again later.',
  },
  WSAEDQUOT: {
    node: 'EDQUOT',
    text: 'The disk quota is exhausted.',
    cure: 'Free disk space.',
  },
  WSAESTALE: {
    node: 'ESTALE',
    text: 'The file handle is stale.',
    cure: 'Open the file again.',
  },
  WSAEREMOTE: {
    node: 'EREMOTE',
    text: 'The item is not local.',
    cure: 'Use an item of this machine.',
  },
  WSASYSNOTREADY: {
    text: 'The network subsystem is not ready.',
    cure: 'Run `ws2spi catalog verify`: the catalog is damaged, or others may write it; or the instance was disposed of.',
  },
  WSAVERNOTSUPPORTED: {
    text: 'The requested version of WinSock is not supported.',
    cure: 'Ask for version 2.2 or lower.',
  },
  WSANOTINITIALISED: {
    text: 'WSAStartup was not called, or not with success.',
    cure: 'Call WSAStartup first.',
  },
  WSAEDISCON: {
    text: 'The peer has closed the connection gracefully.',
    cure: 'Finish sending and close the socket.',
  },
  WSAENOMORE: { text: 'There are no more results.', cure: 'End the lookup.' },
  WSAECANCELLED: {
    node: 'ECANCELED',
    text: 'The lookup was cancelled.',
    cure: 'Expect this after WSALookupServiceEnd.',
  },
  WSAEINVALIDPROCTABLE: {
    text: "The provider's procedure table is incomplete.",
    cure: 'Have the provider fill all thirty functions.',
  },
  WSAEINVALIDPROVIDER: {
    text: 'The provider is not valid, or speaks another version.',
    cure: "Check the catalog entry's provider.",
  },
  WSAEPROVIDERFAILEDINIT: {
    text: 'The provider could not be loaded or started.',
    cure: "Look at the reported defect and at the provider's path.",
  },
  WSASYSCALLFAILURE: {
    text: 'A system call failed that should never fail.',
    cure: 'Look at the reported defect.',
  },
  WSASERVICE_NOT_FOUND: {
    node: 'ENOTFOUND',
    text: 'The service is not known in the name space.',
    cure: "Check the service's name and the name-space providers.",
  },
  WSATYPE_NOT_FOUND: {
    text: 'The service class or service name is not known.',
    cure: 'Check its name or install the class.',
  },
  WSA_E_NO_MORE: { text: 'There are no more results.', cure: 'End the lookup.' },
  WSA_E_CANCELLED: {
    node: 'ECANCELED',
    text: 'The lookup was cancelled.',
    cure: 'Expect this after WSALookupServiceEnd.',
  },
  WSAEREFUSED: {
    node: 'EREFUSED',
    text: 'The query was refused.',
    cure: 'Check the name server and its rules.',
  },
  WSAHOST_NOT_FOUND: {
    node: 'ENOTFOUND',
    text: 'The host is not known.',
    cure: 'Check the name.',
  },
  WSATRY_AGAIN: {
    node: 'EAI_AGAIN',
    text: 'The name server did not answer, or the connection request was deferred.',
    cure: 'Try again later.',
  },
  WSANO_RECOVERY: {
    node: 'EAI_FAIL',
    text: 'The lookup or the catalog failed beyond repair.',
    cure: 'Check the name server or the catalog.',
  },
  WSANO_DATA: {
    node: 'ENODATA',
    text: 'The name is known, but has no data of the kind asked for.',
    cure: 'Ask for another kind of data.',
  },
  WSA_QOS_RECEIVERS: {
    text: 'At least one quality-of-service receiver has arrived.',
    cure: 'This is a notice.',
  },
  WSA_QOS_SENDERS: {
    text: 'At least one quality-of-service sender has arrived.',
    cure: 'This is a notice.',
  },
  WSA_QOS_NO_SENDERS: {
    text: 'There are no quality-of-service senders.',
    cure: 'Wait for a sender.',
  },
  WSA_QOS_NO_RECEIVERS: {
    text: 'There are no quality-of-service receivers.',
    cure: 'Wait for a receiver.',
  },
  WSA_QOS_REQUEST_CONFIRMED: {
    text: 'The quality-of-service reservation is confirmed.',
    cure: 'This is a notice.',
  },
  WSA_QOS_ADMISSION_FAILURE: {
    text: 'The reservation failed for lack of resources.',
    cure: 'Ask for less.',
  },
  WSA_QOS_POLICY_FAILURE: {
    text: 'The reservation was refused by policy.',
    cure: 'Ask the administrator.',
  },
  WSA_QOS_BAD_STYLE: {
    text: 'The reservation style is unknown or conflicts.',
    cure: 'Choose another style.',
  },
  WSA_QOS_BAD_OBJECT: {
    text: 'The filter specification or provider-specific buffer is wrong.',
    cure: 'Check the buffer.',
  },
  WSA_QOS_TRAFFIC_CTRL_ERROR: {
    text: 'Traffic control rejects the flow specification.',
    cure: 'Check the flow specification.',
  },
  WSA_QOS_GENERIC_ERROR: {
    text: 'A general quality-of-service error happened.',
    cure: 'Check the request.',
  },
  WSA_QOS_ESERVICETYPE: {
    text: "The flow specification's service type is wrong.",
    cure: 'Use a SERVICETYPE_ value.',
  },
  WSA_QOS_EFLOWSPEC: {
    text: 'The flow specification is wrong.',
    cure: 'Check its members.',
  },
  WSA_QOS_EPROVSPECBUF: {
    text: 'The provider-specific buffer is wrong.',
    cure: 'Check its objects.',
  },
  WSA_QOS_EFILTERSTYLE: {
    text: 'The filter style is wrong.',
    cure: 'Check the filter style.',
  },
  WSA_QOS_EFILTERTYPE: {
    text: 'The filter type is wrong.',
    cure: 'Check the filter type.',
  },
  WSA_QOS_EFILTERCOUNT: {
    text: 'The number of filters is wrong.',
    cure: 'Check the number of filters.',
  },
  WSA_QOS_EOBJLENGTH: {
    text: "An object's length is wrong.",
    cure: "Check the objects' lengths.",
  },
  WSA_QOS_EFLOWCOUNT: {
    text: 'The number of flow descriptors is wrong.',
    cure: 'Check the number of descriptors.',
  },
  WSA_QOS_EUNKNOWNPSOBJ: {
    text: 'The provider-specific buffer holds an unknown object.',
    cure: 'Remove the object.',
  },
  WSA_QOS_EPOLICYOBJ: {
    text: 'A policy object is wrong.',
    cure: 'Check the policy object.',
  },
  WSA_QOS_EFLOWDESC: {
    text: 'A flow descriptor is wrong.',
    cure: 'Check the flow descriptors.',
  },
  WSA_QOS_EPSFLOWSPEC: {
    text: 'A provider-specific flow specification is wrong.',
    cure: 'Check the flow specification.',
  },
  WSA_QOS_EPSFILTERSPEC: {
    text: 'A provider-specific filter specification is wrong.',
    cure: 'Check the filter specification.',
  },
  WSA_QOS_ESDMODEOBJ: {
    text: 'A shape-discard-mode object is wrong.',
    cure: 'Check the object.',
  },
  WSA_QOS_ESHAPERATEOBJ: {
    text: 'A shaping-rate object is wrong.',
    cure: 'Check the object.',
  },
  WSA_QOS_RESERVED_PETYPE: {
    text: 'A policy element has a reserved type.',
    cure: 'Use another type.',
  },
  WSA_SECURE_HOST_NOT_FOUND: {
    node: 'ENOTFOUND',
    text: 'No such host is known securely.',
    cure: 'Check the name.',
  },
  WSA_IPSEC_NAME_POLICY_ERROR: {
    text: 'The name-based security policy could not be added.',
    cure: 'Ask the administrator.',
  },
  ERROR_FILE_NOT_FOUND: {
    node: 'ENOENT',
    text: 'The file does not exist.',
    cure: 'Check the path.',
  },
  ERROR_PATH_NOT_FOUND: {
    node: 'ENOENT',
    text: 'The path does not exist.',
    cure: 'Check the path.',
  },
  ERROR_ACCESS_DENIED: {
    node: 'EACCES',
    text: 'The right to do this is missing.',
    cure: 'Run with the rights that are needed.',
  },
  ERROR_INVALID_HANDLE: {
    node: 'EBADF',
    text: 'The handle is not valid.',
    cure: 'Pass a handle that is open.',
  },
  ERROR_NOT_ENOUGH_MEMORY: {
    node: 'ENOMEM',
    text: 'There is not enough memory.',
    cure: 'Free memory and try again.',
  },
  ERROR_INVALID_DATA: {
    node: 'EINVAL',
    text: 'The data is damaged.',
    cure: 'Check where it comes from.',
  },
  ERROR_SHARING_VIOLATION: {
    node: 'EBUSY',
    text: 'Somebody else uses the file or the ports.',
    cure: 'Choose others, or wait until they are free.',
  },
  ERROR_HANDLE_EOF: {
    node: 'EOF',
    text: 'The end of the file was reached.',
    cure: 'Stop reading.',
  },
  ERROR_NOT_SUPPORTED: {
    node: 'ENOTSUP',
    text: 'The request is not supported.',
    cure: 'Use another way.',
  },
  ERROR_UNEXP_NET_ERR: {
    text: 'The network failed unexpectedly.',
    cure: 'Try again.',
  },
  ERROR_NETNAME_DELETED: {
    node: 'ECONNRESET',
    text: 'The connection is gone; the peer has reset it.',
    cure: 'Connect again.',
  },
  ERROR_INVALID_PARAMETER: {
    node: 'EINVAL',
    text: 'An argument of the call is wrong.',
    cure: 'Check the arguments.',
  },
  ERROR_BROKEN_PIPE: {
    node: 'EPIPE',
    text: 'The pipe has been ended.',
    cure: 'Open it again.',
  },
  ERROR_CALL_NOT_IMPLEMENTED: {
    node: 'ENOSYS',
    text: 'The function is not implemented.',
    cure: 'Use another function.',
  },
  ERROR_SEM_TIMEOUT: {
    node: 'ETIMEDOUT',
    text: 'The time limit of the operation ran out.',
    cure: 'Try again, or allow more time.',
  },
  ERROR_INSUFFICIENT_BUFFER: {
    text: 'The buffer is too small.',
    cure: 'Pass a buffer of the size that the call reports.',
  },
  ERROR_ALREADY_EXISTS: {
    node: 'EEXIST',
    text: 'The object exists already.',
    cure: 'Use the existing one or another name.',
  },
  ERROR_MORE_DATA: {
    node: 'EMSGSIZE',
    text: 'There is more data than the buffer can hold.',
    cure: 'Use a larger buffer.',
  },
  WAIT_TIMEOUT: {
    node: 'ETIMEDOUT',
    text: 'The wait ended because its time ran out.',
    cure: 'Wait again, or longer.',
  },
  ERROR_ABANDONED_WAIT_0: {
    node: 'ECANCELED',
    text: 'The completion port was closed while somebody waited for it.',
    cure: 'Stop waiting.',
  },
  ERROR_OPERATION_ABORTED: {
    node: 'ECANCELED',
    text: 'The operation was cancelled, because its handle was closed or its I/O was cancelled.',
    cure: 'Expect this after closing a handle.',
  },
  ERROR_IO_INCOMPLETE: {
    text: 'The operation has not completed yet.',
    cure: 'Wait for its event or ask again later.',
  },
  ERROR_IO_PENDING: {
    text: 'The operation was started and will complete later.',
    cure: 'This is not a failure; wait for the completion.',
  },
  ERROR_POSSIBLE_DEADLOCK: {
    node: 'EDEADLK',
    text: 'Waiting would never end.',
    cure: 'Look at what each socket waits for.',
  },
  ERROR_NOT_FOUND: {
    node: 'ENOENT',
    text: 'The element does not exist.',
    cure: 'Check what was asked for.',
  },
  ERROR_CANCELLED: {
    node: 'ECANCELED',
    text: 'The operation was cancelled.',
    cure: 'Repeat it if it is still wanted.',
  },
  ERROR_CONNECTION_REFUSED: {
    node: 'ECONNREFUSED',
    text: 'The peer refused the connection.',
    cure: 'Check address and port, and that the server runs.',
  },
  ERROR_GRACEFUL_DISCONNECT: {
    text: 'The connection was closed gracefully.',
    cure: 'Close the socket.',
  },
  ERROR_NETWORK_UNREACHABLE: {
    node: 'ENETUNREACH',
    text: 'There is no route to the network.',
    cure: 'Check address and routes.',
  },
  ERROR_HOST_UNREACHABLE: {
    node: 'EHOSTUNREACH',
    text: 'There is no route to the host.',
    cure: 'Check address and routes.',
  },
  ERROR_PORT_UNREACHABLE: {
    node: 'ECONNRESET',
    text: 'Nobody listens at the destination.',
    cure: 'Check the port, and that the server runs.',
  },
  ERROR_REQUEST_ABORTED: {
    node: 'EINTR',
    text: 'The request was cancelled.',
    cure: 'Repeat it if it is still wanted.',
  },
  ERROR_CONNECTION_ABORTED: {
    node: 'ECONNABORTED',
    text: 'The connection was given up on this machine.',
    cure: 'Connect again.',
  },
  ERROR_RETRY: {
    node: 'EAGAIN',
    text: 'The operation could not be completed, but may be repeated.',
    cure: 'Try again.',
  },
  ERROR_SERVICE_NOT_FOUND: {
    node: 'ENOTFOUND',
    text: 'The service is not known.',
    cure: "Check the service's name.",
  },
  ERROR_TIMEOUT: {
    node: 'ETIMEDOUT',
    text: "The operation's time ran out.",
    cure: 'Try again, or allow more time.',
  },
  ERROR_SERVICE_DOES_NOT_EXIST: {
    node: 'ENOTFOUND',
    text: 'The service does not exist.',
    cure: "Check the service's name.",
  },
  ERROR_ALREADY_REGISTERED: {
    node: 'EEXIST',
    text: 'The service is registered already.',
    cure: 'Use the existing one or another name.',
  },
};

/** All error codes. Where two names have one value, WinSock's own comes first. */
export const WINSOCK_ERRORS: readonly WinsockError[] = Object.entries(BY_NAME).map(([name, about]) => ({
  name,
  value: code[name as keyof typeof code],
  ...about,
}));
