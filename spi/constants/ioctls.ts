// Ioctl codes. Bit 31 says that a buffer goes in, bit 30 that one comes out, bit 29 that there is none.

// ---- How codes are made up ----

/** Largest parameter of a Unix code. */
export const IOCPARM_MASK = 0x7f;
/** There are no parameters. */
export const IOC_VOID = 0x20000000;
/** Parameters come out. */
export const IOC_OUT = 0x40000000;
/** Parameters go in. */
export const IOC_IN = 0x80000000;
/** Parameters go in and come out. */
export const IOC_INOUT = 0xc0000000;
/** Codes of BSD. */
export const IOC_UNIX = 0x0;
/** Codes of WinSock 2. */
export const IOC_WS2 = 0x8000000;
/** Codes of an address family. */
export const IOC_PROTOCOL = 0x10000000;
/** Codes of a vendor. */
export const IOC_VENDOR = 0x18000000;

// ---- Codes of BSD ----

/** How many bytes can be read. */
export const FIONREAD = 0x4004667f;
/** Make the socket blocking or non-blocking. */
export const FIONBIO = 0x8004667e;
/** Asynchronous I/O. */
export const FIOASYNC = 0x8004667d;
/** Set the high-water mark. */
export const SIOCSHIWAT = 0x80047300;
/** Get the high-water mark. */
export const SIOCGHIWAT = 0x40047301;
/** Set the low-water mark. */
export const SIOCSLOWAT = 0x80047302;
/** Get the low-water mark. */
export const SIOCGLOWAT = 0x40047303;
/** Whether all out-of-band data has been read. */
export const SIOCATMARK = 0x40047307;
/** The interfaces and their addresses. */
export const SIO_GET_INTERFACE_LIST = 0x4004747f;
/** The interfaces and their addresses of any family. */
export const SIO_GET_INTERFACE_LIST_EX = 0x4004747e;
/** Set the multicast source filter. */
export const SIO_SET_MULTICAST_FILTER = 0x8004747d;
/** Get the multicast source filter. */
export const SIO_GET_MULTICAST_FILTER = 0x8004747c;
/** How much should be in flight. */
export const SIO_IDEAL_SEND_BACKLOG_QUERY = 0x4004747b;
/** Tell when that changes. */
export const SIO_IDEAL_SEND_BACKLOG_CHANGE = 0x2000747a;

// ---- Codes of WinSock 2 ----

/** Associate the socket with a companion interface's handle. */
export const SIO_ASSOCIATE_HANDLE = 0x88000001;
/** Drop the oldest message when the queue is full. */
export const SIO_ENABLE_CIRCULAR_QUEUEING = 0x28000002;
/** Ask for a route to an address. */
export const SIO_FIND_ROUTE = 0x48000003;
/** Drop what is queued for sending. */
export const SIO_FLUSH = 0x28000004;
/** The broadcast address. */
export const SIO_GET_BROADCAST_ADDRESS = 0x48000005;
/** The function that a GUID names. */
export const SIO_GET_EXTENSION_FUNCTION_POINTER = 0xc8000006;
/** The quality of service. */
export const SIO_GET_QOS = 0xc8000007;
/** The group's quality of service. */
export const SIO_GET_GROUP_QOS = 0xc8000008;
/** Multipoint data returns to this machine. */
export const SIO_MULTIPOINT_LOOPBACK = 0x88000009;
/** How far multicasts go. */
export const SIO_MULTICAST_SCOPE = 0x8800000a;
/** Set the quality of service. */
export const SIO_SET_QOS = 0x8800000b;
/** Set the group's quality of service. */
export const SIO_SET_GROUP_QOS = 0x8800000c;
/** What there is of quality of service (qossp.h). */
export const SIO_CHK_QOS = 0xdc000001;
/** A handle that a companion interface understands. */
export const SIO_TRANSLATE_HANDLE = 0xc800000d;
/** The local address that leads to a remote one. */
export const SIO_ROUTING_INTERFACE_QUERY = 0xc8000014;
/** Tell when that changes. */
export const SIO_ROUTING_INTERFACE_CHANGE = 0x88000015;
/** The local addresses. */
export const SIO_ADDRESS_LIST_QUERY = 0x48000016;
/** Tell when these change. */
export const SIO_ADDRESS_LIST_CHANGE = 0x28000017;
/** The handle of the layer below, for device notifications. */
export const SIO_QUERY_TARGET_PNP_HANDLE = 0x48000018;
/** Sort addresses by preference. */
export const SIO_ADDRESS_LIST_SORT = 0xc8000019;
/** Tell when a lookup's results change. */
export const SIO_NSP_NOTIFY_CHANGE = 0x88000019;
/** Reserved. */
export const SIO_RESERVED_1 = 0x8800001a;
/** The base provider's handle, for any purpose. */
export const SIO_BSP_HANDLE = 0x4800001b;
/** The base provider's handle, for select. */
export const SIO_BSP_HANDLE_SELECT = 0x4800001c;
/** The base provider's handle, for WSAPoll. */
export const SIO_BSP_HANDLE_POLL = 0x4800001d;
/** Extended select. */
export const SIO_EXT_SELECT = 0xc800001e;
/** Extended poll. */
export const SIO_EXT_POLL = 0xc800001f;
/** Extended WSASendMsg. */
export const SIO_EXT_SENDMSG = 0xc8000020;
/** Reserved. */
export const SIO_RESERVED_2 = 0x88000021;
/** The base provider's handle; a layer must not intercept this. */
export const SIO_BASE_HANDLE = 0x48000022;
/** The functions that a GUID names. */
export const SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER = 0xc8000024;
/** The processor that serves the socket. */
export const SIO_QUERY_RSS_PROCESSOR_INFO = 0x48000025;
/** Tell when the socket is closed. */
export const SIO_SOCKET_CLOSE_NOTIFY = 0x9800000d;

// ---- Codes of Microsoft ----

/** Receive all packets. */
export const SIO_RCVALL = 0x98000001;
/** Receive all multicasts. */
export const SIO_RCVALL_MCAST = 0x98000002;
/** Receive all IGMP multicasts. */
export const SIO_RCVALL_IGMPMCAST = 0x98000003;
/** Set keep-alive times. */
export const SIO_KEEPALIVE_VALS = 0x98000004;
/** Take packets with router alert. */
export const SIO_ABSORB_RTRALERT = 0x98000005;
/** Interface for unicasts. */
export const SIO_UCAST_IF = 0x98000006;
/** Broadcast on one interface only. */
export const SIO_LIMIT_BROADCASTS = 0x98000007;
/** Bind to an interface by index. */
export const SIO_INDEX_BIND = 0x98000008;
/** Multicast interface by index. */
export const SIO_INDEX_MCASTIF = 0x98000009;
/** Join a group by interface index. */
export const SIO_INDEX_ADD_MCAST = 0x9800000a;
/** Leave a group by interface index. */
export const SIO_INDEX_DEL_MCAST = 0x9800000b;
/** Report unreachable ports on datagram sockets. */
export const SIO_UDP_CONNRESET = 0x9800000c;
/** Receive all multicasts of an interface. */
export const SIO_RCVALL_MCAST_IF = 0x9800000d;
/** Receive all packets of an interface. */
export const SIO_RCVALL_IF = 0x9800000e;
/** Report expired time to live on datagram sockets. */
export const SIO_UDP_NETRESET = 0x9800000f;
/** Fast path within this machine. */
export const SIO_LOOPBACK_FAST_PATH = 0x98000010;
/** Initial retransmission time. */
export const SIO_TCP_INITIAL_RTO = 0x98000011;
/** Apply a transport setting. */
export const SIO_APPLY_TRANSPORT_SETTING = 0x98000013;
/** Query a transport setting. */
export const SIO_QUERY_TRANSPORT_SETTING = 0x98000014;
/** Initial congestion window. */
export const SIO_TCP_SET_ICW = 0x98000016;
/** Frequency of acknowledgements. */
export const SIO_TCP_SET_ACK_FREQUENCY = 0x98000017;
/** State and statistics of a TCP connection. */
export const SIO_TCP_INFO = 0xd8000027;
/** Reserve ports for this process. */
export const SIO_ACQUIRE_PORT_RESERVATION = 0x98000064;
/** Give reserved ports back. */
export const SIO_RELEASE_PORT_RESERVATION = 0x98000065;
/** Let the socket take a reserved port. */
export const SIO_ASSOCIATE_PORT_RESERVATION = 0x98000066;
/** Set security. */
export const SIO_SET_SECURITY = 0x980000c8;
/** Query security. */
export const SIO_QUERY_SECURITY = 0xd80000c9;
/** Set the peer's name. */
export const SIO_SET_PEER_TARGET_NAME = 0x980000ca;
/** Delete the peer's name. */
export const SIO_DELETE_PEER_TARGET_NAME = 0x980000cb;
/** The filtering platform's endpoint. */
export const SIO_QUERY_WFP_ALE_ENDPOINT_HANDLE = 0x580000cd;
/** Receive-side scaling. */
export const SIO_QUERY_RSS_SCALABILITY_INFO = 0x580000d2;
/** Redirection records of a connection. */
export const SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS = 0xd80000dc;
/** Redirection context of a connection. */
export const SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT = 0xd80000dd;
/** Set redirection records. */
export const SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS = 0x980000de;
/** Behave like an older Windows. */
export const SIO_SET_COMPATIBILITY_MODE = 0x9800012c;

// ---- Codes of this package ----

/** Put an open socket into a group of sockets. */
export const SIO_ENTER_SOCKET_GROUP = 0x98005347;
/**
 * Tells whether a connect on the socket takes a host's name in place of its address: a layer of its chain hands names on, as to
 * a proxy. Out: a DWORD that is not 0; an error where none does. Of this package.
 */
export const SIO_TAKES_NAMES = 0x58004e54;
/**
 * Tells of a stream whether the peer has ended its sending, which a connection that broke afterwards no longer shows: what was
 * received is then all that there was. Out: a DWORD, not 0 when it has and the break took nothing of what it sent. Of this package.
 */
export const SIO_PEER_ENDED = 0x58005045;
/**
 * From now on a stream gives what was received before a reset, and tells of the reset after that, where the system keeps it; Windows
 * forgets it. No argument. Of this package.
 */
export const SIO_KEEP_RECEIVED = 0x38004b52;
/**
 * Tells what the codecs of a connection have carried, outermost first. Out: a JSON array of `{ name, sent, received }`, bytes that went below
 * each and came from there; an error where there is no codec. Of this package.
 */
export const SIO_LAYER_TRAFFIC = 0x58004c54;

// ---- Values that ioctls take ----

/** SIO_RCVALL: off. */
export const RCVALL_OFF = 0;
/** SIO_RCVALL: on. */
export const RCVALL_ON = 1;
/** SIO_RCVALL: at the socket only. */
export const RCVALL_SOCKETLEVELONLY = 2;
/** SIO_RCVALL: at the IP layer. */
export const RCVALL_IPLEVEL = 3;
/** The highest value of SIO_RCVALL. */
export const RCVALL_MAX = 3;
/** SIO_TRANSLATE_HANDLE: a network device. */
export const TH_NETDEV = 0x1;
/** SIO_TRANSLATE_HANDLE: a telephony device. */
export const TH_TAPI = 0x2;

// ---- Flags of INTERFACE_INFO ----

/** The interface is up. */
export const IFF_UP = 0x1;
/** The interface can broadcast. */
export const IFF_BROADCAST = 0x2;
/** The interface is the loopback. */
export const IFF_LOOPBACK = 0x4;
/** The interface has one peer. */
export const IFF_POINTTOPOINT = 0x8;
/** The interface can multicast. */
export const IFF_MULTICAST = 0x10;
