// WinSock's error codes, and the Win32 codes that appear beside them.

// ---- Win32 codes under WinSock names ----

/** The event object or lookup handle is not valid. */
export const WSA_INVALID_HANDLE = 6;
/** There is not enough memory. */
export const WSA_NOT_ENOUGH_MEMORY = 8;
/** An argument of the call is wrong. */
export const WSA_INVALID_PARAMETER = 87;
/** The overlapped operation was cancelled, because its socket was closed or its I/O was cancelled. */
export const WSA_OPERATION_ABORTED = 995;
/** The overlapped operation has not completed yet. */
export const WSA_IO_INCOMPLETE = 996;
/** The overlapped operation was started and will complete later. */
export const WSA_IO_PENDING = 997;
// ---- Sockets ----

/** A blocking call was interrupted by WSACancelBlockingCall or by closing the socket. */
export const WSAEINTR = 10004;
/** The file handle is not valid. */
export const WSAEBADF = 10009;
/** The socket's permissions or settings forbid the operation. */
export const WSAEACCES = 10013;
/** A pointer is bad, or a buffer is too small. */
export const WSAEFAULT = 10014;
/** An argument is wrong, or the socket is in a state that does not allow the call. */
export const WSAEINVAL = 10022;
/** There are too many open sockets. */
export const WSAEMFILE = 10024;
/** The operation cannot be completed at once on a non-blocking socket. */
export const WSAEWOULDBLOCK = 10035;
/** A blocking operation is running already. */
export const WSAEINPROGRESS = 10036;
/** An operation of the same kind is running on the socket already. */
export const WSAEALREADY = 10037;
/** The handle is not a socket. */
export const WSAENOTSOCK = 10038;
/** The operation needs a destination address. */
export const WSAEDESTADDRREQ = 10039;
/** The message is larger than the buffer or than the protocol allows. */
export const WSAEMSGSIZE = 10040;
/** The protocol does not fit the type of socket. */
export const WSAEPROTOTYPE = 10041;
/** The option or level is unknown or not supported. */
export const WSAENOPROTOOPT = 10042;
/** No installed provider offers the protocol. */
export const WSAEPROTONOSUPPORT = 10043;
/** The address family has no such type of socket. */
export const WSAESOCKTNOSUPPORT = 10044;
/** The socket does not support the operation. */
export const WSAEOPNOTSUPP = 10045;
/** No installed provider offers the protocol family. */
export const WSAEPFNOSUPPORT = 10046;
/** The address family is unknown, or does not fit the protocol. */
export const WSAEAFNOSUPPORT = 10047;
/** Another socket uses the local address already. */
export const WSAEADDRINUSE = 10048;
/** The address is not one of this machine, or cannot be reached at all. */
export const WSAEADDRNOTAVAIL = 10049;
/** The network or its provider has failed. */
export const WSAENETDOWN = 10050;
/** There is no route to the network. */
export const WSAENETUNREACH = 10051;
/** Keep-alive noticed that the connection is broken. */
export const WSAENETRESET = 10052;
/** The connection was given up on this machine. */
export const WSAECONNABORTED = 10053;
/** The peer has reset the connection, or nobody listens at a datagram's destination. */
export const WSAECONNRESET = 10054;
/** There is no room for buffers or queues. */
export const WSAENOBUFS = 10055;
/** The socket is connected already. */
export const WSAEISCONN = 10056;
/** The socket is not connected. */
export const WSAENOTCONN = 10057;
/** The socket was shut down for this direction. */
export const WSAESHUTDOWN = 10058;
/** There are too many references to a kernel object. */
export const WSAETOOMANYREFS = 10059;
/** The peer did not answer in time, or the socket's time limit ran out. */
export const WSAETIMEDOUT = 10060;
/** The peer refused the connection; mostly nobody listens there. */
export const WSAECONNREFUSED = 10061;
/** A name leads back to itself. */
export const WSAELOOP = 10062;
/** The name is too long. */
export const WSAENAMETOOLONG = 10063;
/** The destination host is down. */
export const WSAEHOSTDOWN = 10064;
/** There is no route to the host. */
export const WSAEHOSTUNREACH = 10065;
/** The directory is not empty. */
export const WSAENOTEMPTY = 10066;
/** Too many tasks use WinSock at once. */
export const WSAEPROCLIM = 10067;
/** The user's quota is exhausted. */
export const WSAEUSERS = 10068;
/** The disk quota is exhausted. */
export const WSAEDQUOT = 10069;
/** The file handle is stale. */
export const WSAESTALE = 10070;
/** The item is not local. */
export const WSAEREMOTE = 10071;
/** The network subsystem is not ready. */
export const WSASYSNOTREADY = 10091;
/** The requested version of WinSock is not supported. */
export const WSAVERNOTSUPPORTED = 10092;
/** WSAStartup was not called, or not with success. */
export const WSANOTINITIALISED = 10093;
// ---- Providers and name spaces ----

/** The peer has closed the connection gracefully. */
export const WSAEDISCON = 10101;
/** There are no more results. */
export const WSAENOMORE = 10102;
/** The lookup was cancelled. */
export const WSAECANCELLED = 10103;
/** The provider's procedure table is incomplete. */
export const WSAEINVALIDPROCTABLE = 10104;
/** The provider is not valid, or speaks another version. */
export const WSAEINVALIDPROVIDER = 10105;
/** The provider could not be loaded or started. */
export const WSAEPROVIDERFAILEDINIT = 10106;
/** A system call failed that should never fail. */
export const WSASYSCALLFAILURE = 10107;
/** The service is not known in the name space. */
export const WSASERVICE_NOT_FOUND = 10108;
/** The service class or service name is not known. */
export const WSATYPE_NOT_FOUND = 10109;
/** There are no more results. */
export const WSA_E_NO_MORE = 10110;
/** The lookup was cancelled. */
export const WSA_E_CANCELLED = 10111;
/** The query was refused. */
export const WSAEREFUSED = 10112;
// ---- Name resolution ----

/** The host is not known. */
export const WSAHOST_NOT_FOUND = 11001;
/** The name server did not answer, or the connection request was deferred. */
export const WSATRY_AGAIN = 11002;
/** The lookup or the catalog failed beyond repair. */
export const WSANO_RECOVERY = 11003;
/** The name is known, but has no data of the kind asked for. */
export const WSANO_DATA = 11004;
// ---- Quality of service and policy ----

/** At least one quality-of-service receiver has arrived. */
export const WSA_QOS_RECEIVERS = 11005;
/** At least one quality-of-service sender has arrived. */
export const WSA_QOS_SENDERS = 11006;
/** There are no quality-of-service senders. */
export const WSA_QOS_NO_SENDERS = 11007;
/** There are no quality-of-service receivers. */
export const WSA_QOS_NO_RECEIVERS = 11008;
/** The quality-of-service reservation is confirmed. */
export const WSA_QOS_REQUEST_CONFIRMED = 11009;
/** The reservation failed for lack of resources. */
export const WSA_QOS_ADMISSION_FAILURE = 11010;
/** The reservation was refused by policy. */
export const WSA_QOS_POLICY_FAILURE = 11011;
/** The reservation style is unknown or conflicts. */
export const WSA_QOS_BAD_STYLE = 11012;
/** The filter specification or provider-specific buffer is wrong. */
export const WSA_QOS_BAD_OBJECT = 11013;
/** Traffic control rejects the flow specification. */
export const WSA_QOS_TRAFFIC_CTRL_ERROR = 11014;
/** A general quality-of-service error happened. */
export const WSA_QOS_GENERIC_ERROR = 11015;
/** The flow specification's service type is wrong. */
export const WSA_QOS_ESERVICETYPE = 11016;
/** The flow specification is wrong. */
export const WSA_QOS_EFLOWSPEC = 11017;
/** The provider-specific buffer is wrong. */
export const WSA_QOS_EPROVSPECBUF = 11018;
/** The filter style is wrong. */
export const WSA_QOS_EFILTERSTYLE = 11019;
/** The filter type is wrong. */
export const WSA_QOS_EFILTERTYPE = 11020;
/** The number of filters is wrong. */
export const WSA_QOS_EFILTERCOUNT = 11021;
/** An object's length is wrong. */
export const WSA_QOS_EOBJLENGTH = 11022;
/** The number of flow descriptors is wrong. */
export const WSA_QOS_EFLOWCOUNT = 11023;
/** The provider-specific buffer holds an unknown object. */
export const WSA_QOS_EUNKNOWNPSOBJ = 11024;
/** A policy object is wrong. */
export const WSA_QOS_EPOLICYOBJ = 11025;
/** A flow descriptor is wrong. */
export const WSA_QOS_EFLOWDESC = 11026;
/** A provider-specific flow specification is wrong. */
export const WSA_QOS_EPSFLOWSPEC = 11027;
/** A provider-specific filter specification is wrong. */
export const WSA_QOS_EPSFILTERSPEC = 11028;
/** A shape-discard-mode object is wrong. */
export const WSA_QOS_ESDMODEOBJ = 11029;
/** A shaping-rate object is wrong. */
export const WSA_QOS_ESHAPERATEOBJ = 11030;
/** A policy element has a reserved type. */
export const WSA_QOS_RESERVED_PETYPE = 11031;
/** No such host is known securely. */
export const WSA_SECURE_HOST_NOT_FOUND = 11032;
/** The name-based security policy could not be added. */
export const WSA_IPSEC_NAME_POLICY_ERROR = 11033;
// ---- Win32 codes ----

/** The file does not exist. */
export const ERROR_FILE_NOT_FOUND = 2;
/** The path does not exist. */
export const ERROR_PATH_NOT_FOUND = 3;
/** The right to do this is missing. */
export const ERROR_ACCESS_DENIED = 5;
/** The handle is not valid. */
export const ERROR_INVALID_HANDLE = 6;
/** There is not enough memory. */
export const ERROR_NOT_ENOUGH_MEMORY = 8;
/** The data is damaged. */
export const ERROR_INVALID_DATA = 13;
/** Somebody else uses the file or the ports. */
export const ERROR_SHARING_VIOLATION = 32;
/** The end of the file was reached. */
export const ERROR_HANDLE_EOF = 38;
/** The request is not supported. */
export const ERROR_NOT_SUPPORTED = 50;
/** The network failed unexpectedly. */
export const ERROR_UNEXP_NET_ERR = 59;
/** The connection is gone; the peer has reset it. */
export const ERROR_NETNAME_DELETED = 64;
/** An argument of the call is wrong. */
export const ERROR_INVALID_PARAMETER = 87;
/** The pipe has been ended. */
export const ERROR_BROKEN_PIPE = 109;
/** The function is not implemented. */
export const ERROR_CALL_NOT_IMPLEMENTED = 120;
/** The time limit of the operation ran out. */
export const ERROR_SEM_TIMEOUT = 121;
/** The buffer is too small. */
export const ERROR_INSUFFICIENT_BUFFER = 122;
/** The object exists already. */
export const ERROR_ALREADY_EXISTS = 183;
/** There is more data than the buffer can hold. */
export const ERROR_MORE_DATA = 234;
/** The wait ended because its time ran out. */
export const WAIT_TIMEOUT = 258;
/** The completion port was closed while somebody waited for it. */
export const ERROR_ABANDONED_WAIT_0 = 735;
/** The operation was cancelled, because its handle was closed or its I/O was cancelled. */
export const ERROR_OPERATION_ABORTED = 995;
/** The operation has not completed yet. */
export const ERROR_IO_INCOMPLETE = 996;
/** The operation was started and will complete later. */
export const ERROR_IO_PENDING = 997;
/** Waiting would never end. */
export const ERROR_POSSIBLE_DEADLOCK = 1131;
/** The element does not exist. */
export const ERROR_NOT_FOUND = 1168;
/** The operation was cancelled. */
export const ERROR_CANCELLED = 1223;
/** The peer refused the connection. */
export const ERROR_CONNECTION_REFUSED = 1225;
/** The connection was closed gracefully. */
export const ERROR_GRACEFUL_DISCONNECT = 1226;
/** There is no route to the network. */
export const ERROR_NETWORK_UNREACHABLE = 1231;
/** There is no route to the host. */
export const ERROR_HOST_UNREACHABLE = 1232;
/** Nobody listens at the destination. */
export const ERROR_PORT_UNREACHABLE = 1234;
/** The request was cancelled. */
export const ERROR_REQUEST_ABORTED = 1235;
/** The connection was given up on this machine. */
export const ERROR_CONNECTION_ABORTED = 1236;
/** The operation could not be completed, but may be repeated. */
export const ERROR_RETRY = 1237;
/** The service is not known. */
export const ERROR_SERVICE_NOT_FOUND = 1243;
/** The operation's time ran out. */
export const ERROR_TIMEOUT = 1460;
/** The service does not exist. */
export const ERROR_SERVICE_DOES_NOT_EXIST = 1060;
/** The service is registered already. */
export const ERROR_ALREADY_REGISTERED = 1242;
// ---- Success and base ----

/** The call succeeded. */
export const NO_ERROR = 0;
/** The call succeeded. */
export const ERROR_SUCCESS = 0;
/** What all WinSock codes are counted from. */
export const WSABASEERR = 10000;

// ---- Other names, as netdb.h and older headers have them ----

/** The same as WSANO_DATA. */
export const WSANO_ADDRESS = WSANO_DATA;
/** The same as WSAHOST_NOT_FOUND. */
export const HOST_NOT_FOUND = WSAHOST_NOT_FOUND;
/** The same as WSATRY_AGAIN. */
export const TRY_AGAIN = WSATRY_AGAIN;
/** The same as WSANO_RECOVERY. */
export const NO_RECOVERY = WSANO_RECOVERY;
/** The same as WSANO_DATA. */
export const NO_DATA = WSANO_DATA;
/** The same as WSANO_DATA. */
export const NO_ADDRESS = WSANO_DATA;
