// Levels and names of socket options.

// ---- Levels ----

/** The socket itself, whatever its protocol. */
export const SOL_SOCKET = 0xffff;

// ---- Options of any socket, at SOL_SOCKET ----

/** Record debugging information. */
export const SO_DEBUG = 0x1;
/** The socket is listening; read only. */
export const SO_ACCEPTCONN = 0x2;
/** Several sockets may be bound to one address. */
export const SO_REUSEADDR = 0x4;
/** Watch whether the peer is still there. */
export const SO_KEEPALIVE = 0x8;
/** Send directly to the interface. */
export const SO_DONTROUTE = 0x10;
/** Broadcasts may be sent. */
export const SO_BROADCAST = 0x20;
/** Bypass hardware where possible. */
export const SO_USELOOPBACK = 0x40;
/** Wait at close until data is sent. */
export const SO_LINGER = 0x80;
/** Out-of-band data is received among the other data. */
export const SO_OOBINLINE = 0x100;
/** Do not wait at close: SO_LINGER inverted. */
export const SO_DONTLINGER = -129;
/** Nobody else may be bound to the address. */
export const SO_EXCLUSIVEADDRUSE = -5;
/** Size of the send buffer. */
export const SO_SNDBUF = 0x1001;
/** Size of the receive buffer. */
export const SO_RCVBUF = 0x1002;
/** Send low-water mark. */
export const SO_SNDLOWAT = 0x1003;
/** Receive low-water mark. */
export const SO_RCVLOWAT = 0x1004;
/** Time limit of a blocking send, in milliseconds. */
export const SO_SNDTIMEO = 0x1005;
/** Time limit of a blocking receive, in milliseconds. */
export const SO_RCVTIMEO = 0x1006;
/** The pending error, which reading clears. */
export const SO_ERROR = 0x1007;
/** The socket's type. */
export const SO_TYPE = 0x1008;
/** Addresses, type and protocol of the socket, as CSADDR_INFO. */
export const SO_BSP_STATE = 0x1009;
/** The socket group. */
export const SO_GROUP_ID = 0x2001;
/** The socket's priority in its group. */
export const SO_GROUP_PRIORITY = 0x2002;
/** The largest message that can be sent. */
export const SO_MAX_MSG_SIZE = 0x2003;
/** The catalog entry, as WSAPROTOCOL_INFOA. */
export const SO_PROTOCOL_INFOA = 0x2004;
/** The catalog entry, as WSAPROTOCOL_INFOW. */
export const SO_PROTOCOL_INFOW = 0x2005;
/** The catalog entry, as WSAPROTOCOL_INFOW. */
export const SO_PROTOCOL_INFO = 0x2005;
/** The provider's own configuration. */
export const PVD_CONFIG = 0x3001;
/** Connections are not accepted before the condition function says so. */
export const SO_CONDITIONAL_ACCEPT = 0x3002;
/** Pause accepting. */
export const SO_PAUSE_ACCEPT = 0x3003;
/** The network compartment. */
export const SO_COMPARTMENT_ID = 0x3004;
/** Choose ports at random. */
export const SO_RANDOMIZE_PORT = 0x3005;
/** Give out ports per local address. */
export const SO_PORT_SCALABILITY = 0x3006;
/** Choose the port as late as connect. */
export const SO_REUSE_UNICASTPORT = 0x3007;
/** Share a multicast port. */
export const SO_REUSE_MULTICASTPORT = 0x3008;
/** Where a redirected connection was going. */
export const SO_ORIGINAL_DST = 0x300f;

// ---- Options of Microsoft's extensions, at SOL_SOCKET ----

/** Data sent with a connection request. */
export const SO_CONNDATA = 0x7000;
/** Options sent with a connection request. */
export const SO_CONNOPT = 0x7001;
/** Data sent with a disconnect. */
export const SO_DISCDATA = 0x7002;
/** Options sent with a disconnect. */
export const SO_DISCOPT = 0x7003;
/** Length of the connect data. */
export const SO_CONNDATALEN = 0x7004;
/** Length of the connect options. */
export const SO_CONNOPTLEN = 0x7005;
/** Length of the disconnect data. */
export const SO_DISCDATALEN = 0x7006;
/** Length of the disconnect options. */
export const SO_DISCOPTLEN = 0x7007;
/** Whether `socket` makes overlapped sockets. */
export const SO_OPENTYPE = 0x7008;
/** A value of SO_OPENTYPE: not overlapped, alertable. */
export const SO_SYNCHRONOUS_ALERT = 0x10;
/** A value of SO_OPENTYPE: not overlapped, not alertable. */
export const SO_SYNCHRONOUS_NONALERT = 0x20;
/** The largest datagram. */
export const SO_MAXDG = 0x7009;
/** The largest datagram for the path. */
export const SO_MAXPATHDG = 0x700a;
/** Give a socket from AcceptEx its listener's properties. */
export const SO_UPDATE_ACCEPT_CONTEXT = 0x700b;
/** Seconds since the connection was made. */
export const SO_CONNECT_TIME = 0x700c;
/** Give a socket from ConnectEx its properties. */
export const SO_UPDATE_CONNECT_CONTEXT = 0x7010;

// ---- Options at IPPROTO_TCP ----

/** Send small segments at once. */
export const TCP_NODELAY = 0x1;
/** Urgent data as RFC 1122 has it. */
export const TCP_EXPEDITED_1122 = 0x2;
/** Seconds before the first keep-alive. */
export const TCP_KEEPALIVE = 3;
/** Seconds before the first keep-alive. */
export const TCP_KEEPIDLE = 3;
/** Largest segment. */
export const TCP_MAXSEG = 4;
/** Seconds until a retransmitting connection is given up. */
export const TCP_MAXRT = 5;
/** Urgent data as RFC 1122 has it. */
export const TCP_STDURG = 6;
/** No urgent data. */
export const TCP_NOURG = 7;
/** The stream is at the urgent mark. */
export const TCP_ATMARK = 8;
/** Do not repeat SYN. */
export const TCP_NOSYNRETRIES = 9;
/** Use time stamps. */
export const TCP_TIMESTAMPS = 10;
/** Preference for offloading. */
export const TCP_OFFLOAD_PREFERENCE = 11;
/** The congestion algorithm. */
export const TCP_CONGESTION_ALGORITHM = 12;
/** Delay the acknowledgement of FIN. */
export const TCP_DELAY_FIN_ACK = 13;
/** Milliseconds until a retransmitting connection is given up. */
export const TCP_MAXRTMS = 14;
/** Fast open. */
export const TCP_FASTOPEN = 15;
/** Keep-alives before giving up. */
export const TCP_KEEPCNT = 16;
/** Seconds between keep-alives. */
export const TCP_KEEPINTVL = 17;
/** An ICMP error ends a connect. */
export const TCP_FAIL_CONNECT_ON_ICMP_ERROR = 18;
/** The ICMP error that ended a connect. */
export const TCP_ICMP_ERROR_INFO = 19;
/** Urgent data as BSD has it. */
export const TCP_BSDURGENT = 0x7000;

// ---- Options at IPPROTO_UDP ----

/** Send without checksum. */
export const UDP_NOCHECKSUM = 1;
/** Cut sent data into datagrams of this size. */
export const UDP_SEND_MSG_SIZE = 2;
/** Receive datagrams coalesced up to this size. */
export const UDP_RECV_MAX_COALESCED_SIZE = 3;
/** How much of a datagram the checksum covers. */
export const UDP_CHECKSUM_COVERAGE = 20;

// ---- Options at IPPROTO_IP ----

/** Options in IP headers. */
export const IP_OPTIONS = 1;
/** The program supplies the IP header. */
export const IP_HDRINCL = 2;
/** Type of service. */
export const IP_TOS = 3;
/** Time to live. */
export const IP_TTL = 4;
/** Interface for sending multicasts. */
export const IP_MULTICAST_IF = 9;
/** Time to live of multicasts. */
export const IP_MULTICAST_TTL = 10;
/** Multicasts return to this machine. */
export const IP_MULTICAST_LOOP = 11;
/** Join a multicast group. */
export const IP_ADD_MEMBERSHIP = 12;
/** Leave a multicast group. */
export const IP_DROP_MEMBERSHIP = 13;
/** Never fragment. */
export const IP_DONTFRAGMENT = 14;
/** Join a group for one source. */
export const IP_ADD_SOURCE_MEMBERSHIP = 15;
/** Leave a group for one source. */
export const IP_DROP_SOURCE_MEMBERSHIP = 16;
/** Block a source in a group. */
export const IP_BLOCK_SOURCE = 17;
/** Unblock a source in a group. */
export const IP_UNBLOCK_SOURCE = 18;
/** Receive destination and interface with each packet. */
export const IP_PKTINFO = 19;
/** Receive the time to live with each packet. */
export const IP_HOPLIMIT = 21;
/** Receive the time to live with each packet. */
export const IP_RECVTTL = 21;
/** Receive broadcasts. */
export const IP_RECEIVE_BROADCAST = 22;
/** Receive the interface with each packet. */
export const IP_RECVIF = 24;
/** Receive the destination with each packet. */
export const IP_RECVDSTADDR = 25;
/** Use a list of interfaces. */
export const IP_IFLIST = 28;
/** Add to the list of interfaces. */
export const IP_ADD_IFLIST = 29;
/** Remove from the list of interfaces. */
export const IP_DEL_IFLIST = 30;
/** Interface for sending unicasts. */
export const IP_UNICAST_IF = 31;
/** Routing header. */
export const IP_RTHDR = 32;
/** Read the list of interfaces. */
export const IP_GET_IFLIST = 33;
/** Receive the routing header. */
export const IP_RECVRTHDR = 38;
/** Traffic class. */
export const IP_TCLASS = 39;
/** Receive the traffic class. */
export const IP_RECVTCLASS = 40;
/** Receive the type of service. */
export const IP_RECVTOS = 40;
/** Interface of first arrival. */
export const IP_ORIGINAL_ARRIVAL_IF = 47;
/** Explicit congestion notification. */
export const IP_ECN = 50;
/** Destination and interface, extended. */
export const IP_PKTINFO_EX = 51;
/** Redirection records. */
export const IP_WFP_REDIRECT_RECORDS = 60;
/** Redirection context. */
export const IP_WFP_REDIRECT_CONTEXT = 70;
/** Path MTU discovery. */
export const IP_MTU_DISCOVER = 71;
/** Path MTU. */
export const IP_MTU = 73;
/** Non-realtime interface. */
export const IP_NRT_INTERFACE = 74;
/** Receive ICMP errors. */
export const IP_RECVERR = 75;
/** MTU that the program sets. */
export const IP_USER_MTU = 76;
/** Who may connect, by distance. */
export const IP_PROTECTION_LEVEL = 23;
/** No type of service is set. */
export const IP_UNSPECIFIED_TYPE_OF_SERVICE = -1;
/** No MTU is set. */
export const IP_UNSPECIFIED_USER_MTU = 0xffffffff;
/** No hop limit is set. */
export const IP_UNSPECIFIED_HOP_LIMIT = -1;

// ---- Options at IPPROTO_IPV6 ----

/** Hop-by-hop options. */
export const IPV6_HOPOPTS = 1;
/** The program supplies the IPv6 header. */
export const IPV6_HDRINCL = 2;
/** Hop limit of unicasts. */
export const IPV6_UNICAST_HOPS = 4;
/** Interface for sending multicasts. */
export const IPV6_MULTICAST_IF = 9;
/** Hop limit of multicasts. */
export const IPV6_MULTICAST_HOPS = 10;
/** Multicasts return to this machine. */
export const IPV6_MULTICAST_LOOP = 11;
/** Join a multicast group. */
export const IPV6_ADD_MEMBERSHIP = 12;
/** Join a multicast group. */
export const IPV6_JOIN_GROUP = 12;
/** Leave a multicast group. */
export const IPV6_DROP_MEMBERSHIP = 13;
/** Leave a multicast group. */
export const IPV6_LEAVE_GROUP = 13;
/** Never fragment. */
export const IPV6_DONTFRAG = 14;
/** Receive destination and interface with each packet. */
export const IPV6_PKTINFO = 19;
/** Receive the hop limit with each packet. */
export const IPV6_HOPLIMIT = 21;
/** Who may connect, by distance. */
export const IPV6_PROTECTION_LEVEL = 23;
/** Receive the interface with each packet. */
export const IPV6_RECVIF = 24;
/** Receive the destination with each packet. */
export const IPV6_RECVDSTADDR = 25;
/** Offset of the checksum on raw sockets. */
export const IPV6_CHECKSUM = 26;
/** The socket does not speak IPv4. */
export const IPV6_V6ONLY = 27;
/** Use a list of interfaces. */
export const IPV6_IFLIST = 28;
/** Add to the list of interfaces. */
export const IPV6_ADD_IFLIST = 29;
/** Remove from the list of interfaces. */
export const IPV6_DEL_IFLIST = 30;
/** Interface for sending unicasts. */
export const IPV6_UNICAST_IF = 31;
/** Routing header. */
export const IPV6_RTHDR = 32;
/** Read the list of interfaces. */
export const IPV6_GET_IFLIST = 33;
/** Receive the routing header. */
export const IPV6_RECVRTHDR = 38;
/** Traffic class. */
export const IPV6_TCLASS = 39;
/** Receive the traffic class. */
export const IPV6_RECVTCLASS = 40;
/** Explicit congestion notification. */
export const IPV6_ECN = 50;
/** Destination and interface, extended. */
export const IPV6_PKTINFO_EX = 51;
/** Redirection records. */
export const IPV6_WFP_REDIRECT_RECORDS = 60;
/** Redirection context. */
export const IPV6_WFP_REDIRECT_CONTEXT = 70;
/** Path MTU discovery. */
export const IPV6_MTU_DISCOVER = 71;
/** Path MTU. */
export const IPV6_MTU = 72;
/** Non-realtime interface. */
export const IPV6_NRT_INTERFACE = 74;
/** Receive ICMP errors. */
export const IPV6_RECVERR = 75;
/** MTU that the program sets. */
export const IPV6_USER_MTU = 76;
/** Anybody may connect. */
export const PROTECTION_LEVEL_UNRESTRICTED = 10;
/** No traversal of network address translators. */
export const PROTECTION_LEVEL_EDGERESTRICTED = 20;
/** Only the same site. */
export const PROTECTION_LEVEL_RESTRICTED = 30;
/** The system's default. */
export const PROTECTION_LEVEL_DEFAULT = 0xffffffff;
/** A value of IP_MTU_DISCOVER: the system decides. */
export const IP_PMTUDISC_NOT_SET = 0;
/** A value of IP_MTU_DISCOVER: discover. */
export const IP_PMTUDISC_DO = 1;
/** A value of IP_MTU_DISCOVER: do not discover. */
export const IP_PMTUDISC_DONT = 2;
/** A value of IP_MTU_DISCOVER: probe. */
export const IP_PMTUDISC_PROBE = 3;
/** One more than the highest value of IP_MTU_DISCOVER. */
export const IP_PMTUDISC_MAX = 4;

// ---- Multicast options that do not depend on the protocol ----

/** Join a group. */
export const MCAST_JOIN_GROUP = 41;
/** Leave a group. */
export const MCAST_LEAVE_GROUP = 42;
/** Block a source. */
export const MCAST_BLOCK_SOURCE = 43;
/** Unblock a source. */
export const MCAST_UNBLOCK_SOURCE = 44;
/** Join a group for one source. */
export const MCAST_JOIN_SOURCE_GROUP = 45;
/** Leave a group for one source. */
export const MCAST_LEAVE_SOURCE_GROUP = 46;
/** Filter: only the sources listed. */
export const MCAST_INCLUDE = 0;
/** Filter: all but the sources listed. */
export const MCAST_EXCLUDE = 1;
