// Handles, address families, socket types and byte orders.

// ---- Handles and results ----

/** No socket. */
export const INVALID_SOCKET = 0xffffffff;
/** A call failed; WSAGetLastError says why. */
export const SOCKET_ERROR = -1;
/** Family, type or protocol comes from the WSAPROTOCOL_INFO. */
export const FROM_PROTOCOL_INFO = -1;
/** No handle. */
export const INVALID_HANDLE_VALUE = 0xffffffff;
/** How many sockets an fd_set holds in C; here there is no limit. */
export const FD_SETSIZE = 64;
/** The longest backlog that the provider finds reasonable. */
export const SOMAXCONN = 2147483647;
/** The version of WinSock that this is: 2.2. */
export const WINSOCK_VERSION = 514;
/** The longest szDescription of WSADATA. */
export const WSADESCRIPTION_LEN = 256;
/** The longest szSystemStatus of WSADATA. */
export const WSASYS_STATUS_LEN = 128;
/** The longest szDescription of WSPDATA. */
export const WSPDESCRIPTION_LEN = 255;
/** A buffer size that is enough for any WSAAsyncGetXbyY. */
export const MAXGETHOSTSTRUCT = 1024;

// ---- Address families ----

/** Any family. */
export const AF_UNSPEC = 0;
/** Local sockets. */
export const AF_UNIX = 1;
/** IPv4. */
export const AF_INET = 2;
/** ARPANET IMP addresses. */
export const AF_IMPLINK = 3;
/** PUP protocols. */
export const AF_PUP = 4;
/** MIT CHAOS protocols. */
export const AF_CHAOS = 5;
/** IPX and SPX. */
export const AF_NS = 6;
/** IPX and SPX. */
export const AF_IPX = 6;
/** ISO protocols. */
export const AF_ISO = 7;
/** ISO protocols. */
export const AF_OSI = 7;
/** European computer manufacturers. */
export const AF_ECMA = 8;
/** Datakit protocols. */
export const AF_DATAKIT = 9;
/** CCITT protocols, X.25. */
export const AF_CCITT = 10;
/** IBM SNA. */
export const AF_SNA = 11;
/** DECnet. */
export const AF_DECnet = 12;
/** Direct data link interface. */
export const AF_DLI = 13;
/** LAT. */
export const AF_LAT = 14;
/** NSC Hyperchannel. */
export const AF_HYLINK = 15;
/** AppleTalk. */
export const AF_APPLETALK = 16;
/** NetBIOS addresses. */
export const AF_NETBIOS = 17;
/** VoiceView. */
export const AF_VOICEVIEW = 18;
/** FireFox protocols. */
export const AF_FIREFOX = 19;
/** Somebody uses this. */
export const AF_UNKNOWN1 = 20;
/** Banyan. */
export const AF_BAN = 21;
/** Native ATM services. */
export const AF_ATM = 22;
/** IPv6. */
export const AF_INET6 = 23;
/** Microsoft Wolfpack. */
export const AF_CLUSTER = 24;
/** IEEE 1284.4. */
export const AF_12844 = 25;
/** Infrared. */
export const AF_IRDA = 26;
/** Network designers. */
export const AF_NETDES = 28;
/** TCN process. */
export const AF_TCNPROCESS = 29;
/** TCN message. */
export const AF_TCNMESSAGE = 30;
/** ICL FXBM. */
export const AF_ICLFXBM = 31;
/** Bluetooth. */
export const AF_BTH = 32;
/** One more than the highest family. */
export const AF_MAX = 33;

// ---- Protocol families, which are the same numbers ----

/** AF_UNSPEC. */
export const PF_UNSPEC = 0;
/** AF_UNIX. */
export const PF_UNIX = 1;
/** AF_INET. */
export const PF_INET = 2;
/** AF_IMPLINK. */
export const PF_IMPLINK = 3;
/** AF_PUP. */
export const PF_PUP = 4;
/** AF_CHAOS. */
export const PF_CHAOS = 5;
/** AF_NS. */
export const PF_NS = 6;
/** AF_IPX. */
export const PF_IPX = 6;
/** AF_ISO. */
export const PF_ISO = 7;
/** AF_OSI. */
export const PF_OSI = 7;
/** AF_ECMA. */
export const PF_ECMA = 8;
/** AF_DATAKIT. */
export const PF_DATAKIT = 9;
/** AF_CCITT. */
export const PF_CCITT = 10;
/** AF_SNA. */
export const PF_SNA = 11;
/** AF_DECnet. */
export const PF_DECnet = 12;
/** AF_DLI. */
export const PF_DLI = 13;
/** AF_LAT. */
export const PF_LAT = 14;
/** AF_HYLINK. */
export const PF_HYLINK = 15;
/** AF_APPLETALK. */
export const PF_APPLETALK = 16;
/** AF_VOICEVIEW. */
export const PF_VOICEVIEW = 18;
/** AF_FIREFOX. */
export const PF_FIREFOX = 19;
/** AF_UNKNOWN1. */
export const PF_UNKNOWN1 = 20;
/** AF_BAN. */
export const PF_BAN = 21;
/** AF_ATM. */
export const PF_ATM = 22;
/** AF_INET6. */
export const PF_INET6 = 23;
/** AF_BTH. */
export const PF_BTH = 32;
/** AF_MAX. */
export const PF_MAX = 33;

// ---- Socket types ----

/** A reliable stream of bytes. */
export const SOCK_STREAM = 1;
/** Datagrams, which may get lost or overtake each other. */
export const SOCK_DGRAM = 2;
/** Raw packets. */
export const SOCK_RAW = 3;
/** Reliable datagrams. */
export const SOCK_RDM = 4;
/** Reliable packets in order. */
export const SOCK_SEQPACKET = 5;

// ---- WSASocket's flags ----

/** The socket can do overlapped I/O. */
export const WSA_FLAG_OVERLAPPED = 1;
/** The socket is a root in a multipoint session's control plane. */
export const WSA_FLAG_MULTIPOINT_C_ROOT = 2;
/** The socket is a leaf in a multipoint session's control plane. */
export const WSA_FLAG_MULTIPOINT_C_LEAF = 4;
/** The socket is a root in a multipoint session's data plane. */
export const WSA_FLAG_MULTIPOINT_D_ROOT = 8;
/** The socket is a leaf in a multipoint session's data plane. */
export const WSA_FLAG_MULTIPOINT_D_LEAF = 16;
/** The socket's security descriptor may be changed. */
export const WSA_FLAG_ACCESS_SYSTEM_SECURITY = 64;
/** Child processes do not inherit the socket. */
export const WSA_FLAG_NO_HANDLE_INHERIT = 128;
/** The socket can do registered I/O. */
export const WSA_FLAG_REGISTERED_IO = 256;

// ---- Socket groups ----

/** Make a group whose sockets may go to different hosts. */
export const SG_UNCONSTRAINED_GROUP = 1;
/** Make a group whose sockets all go to the same host. */
export const SG_CONSTRAINED_GROUP = 2;

// ---- WSAJoinLeaf's flags ----

/** The leaf only sends. */
export const JL_SENDER_ONLY = 1;
/** The leaf only receives. */
export const JL_RECEIVER_ONLY = 2;
/** The leaf sends and receives. */
export const JL_BOTH = 4;

// ---- What a condition function answers ----

/** Accept the connection. */
export const CF_ACCEPT = 0;
/** Reject the connection. */
export const CF_REJECT = 1;
/** Decide later; the connection stays in the queue. */
export const CF_DEFER = 2;

// ---- How to shut down ----

/** Receive nothing more. */
export const SD_RECEIVE = 0;
/** Send nothing more. */
export const SD_SEND = 1;
/** Neither send nor receive. */
export const SD_BOTH = 2;
