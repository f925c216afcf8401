// Name spaces, and the flags of lookups and registrations.

// ---- Name spaces ----

/** All name spaces. */
export const NS_ALL = 0;
/** All default name spaces. */
export const NS_DEFAULT = 0;
/** NetWare SAP. */
export const NS_SAP = 1;
/** NetWare directory. */
export const NS_NDS = 2;
/** Peer browsing. */
export const NS_PEER_BROWSE = 3;
/** Service location protocol. */
export const NS_SLP = 5;
/** DHCP. */
export const NS_DHCP = 6;
/** The machine's own names. */
export const NS_TCPIP_LOCAL = 10;
/** The hosts file. */
export const NS_TCPIP_HOSTS = 11;
/** DNS. */
export const NS_DNS = 12;
/** NetBIOS over TCP. */
export const NS_NETBT = 13;
/** WINS. */
export const NS_WINS = 14;
/** Network location awareness. */
export const NS_NLA = 15;
/** Bluetooth. */
export const NS_BTH = 16;
/** The machine's own name. */
export const NS_LOCALNAME = 19;
/** AppleTalk names. */
export const NS_NBP = 20;
/** Microsoft. */
export const NS_MS = 30;
/** Microsoft standards. */
export const NS_STDA = 31;
/** Windows directory. */
export const NS_NTDS = 32;
/** E-mail names. */
export const NS_EMAIL = 37;
/** Peer names. */
export const NS_PNRPNAME = 38;
/** Peer clouds. */
export const NS_PNRPCLOUD = 39;
/** X.500. */
export const NS_X500 = 40;
/** NIS. */
export const NS_NIS = 41;
/** NIS+. */
export const NS_NISPLUS = 42;
/** WRQ. */
export const NS_WRQ = 50;
/** Banyan VINES. */
export const NS_VNS = 50;
/** Network designers. */
export const NS_NETDES = 60;
/** The name space is hierarchical. */
export const NSTYPE_HIERARCHICAL = 0x1;
/** The name space takes registrations. */
export const NSTYPE_DYNAMIC = 0x2;
/** The name space can be listed. */
export const NSTYPE_ENUMERABLE = 0x4;
/** The name space has workgroups. */
export const NSTYPE_WORKGROUP = 0x8;

// ---- WSALookupServiceBegin and WSALookupServiceNext ----

/** Search below, too. */
export const LUP_DEEP = 0x1;
/** Return containers only. */
export const LUP_CONTAINERS = 0x2;
/** Return no containers. */
export const LUP_NOCONTAINERS = 0x4;
/** Sort by distance. */
export const LUP_NEAREST = 0x8;
/** Return lpszServiceInstanceName. */
export const LUP_RETURN_NAME = 0x10;
/** Return lpServiceClassId. */
export const LUP_RETURN_TYPE = 0x20;
/** Return lpVersion. */
export const LUP_RETURN_VERSION = 0x40;
/** Return lpszComment. */
export const LUP_RETURN_COMMENT = 0x80;
/** Return lpcsaBuffer. */
export const LUP_RETURN_ADDR = 0x100;
/** Return lpBlob. */
export const LUP_RETURN_BLOB = 0x200;
/** Return aliases as further results. */
export const LUP_RETURN_ALIASES = 0x400;
/** Return lpszQueryString. */
export const LUP_RETURN_QUERY_STRING = 0x800;
/** Return everything. */
export const LUP_RETURN_ALL = 0xff0;
/** Ask afresh. */
export const LUP_FLUSHCACHE = 0x1000;
/** Drop the previous result, which did not fit. */
export const LUP_FLUSHPREVIOUS = 0x2000;
/** Answers need not be authoritative. */
export const LUP_NON_AUTHORITATIVE = 0x4000;
/** Only secure answers. */
export const LUP_SECURE = 0x8000;
/** The address is for bind. */
export const LUP_RES_SERVICE = 0x8000;
/** The address is for bind. */
export const LUP_RES_RESERVICE = 0x8000;
/** Return preferred names. */
export const LUP_RETURN_PREFERRED_NAMES = 0x10000;
/** Ask DNS only. */
export const LUP_DNS_ONLY = 0x20000;
/** Return response flags. */
export const LUP_RETURN_RESPONSE_FLAGS = 0x40000;
/** Only families that the machine has addresses of. */
export const LUP_ADDRCONFIG = 0x100000;
/** Return both families. */
export const LUP_DUAL_ADDR = 0x200000;
/** The name is a file server's. */
export const LUP_FILESERVER = 0x400000;
/** Do not convert international names. */
export const LUP_DISABLE_IDN_ENCODING = 0x800000;
/** The query came through an A function. */
export const LUP_API_ANSI = 0x1000000;
/** The query set is extended. */
export const LUP_EXTENDED_QUERYSET = 0x2000000;
/** Secure answers if possible. */
export const LUP_SECURE_WITH_FALLBACK = 0x4000000;
/** Ask the given servers only. */
export const LUP_EXCLUSIVE_CUSTOM_SERVERS = 0x8000000;
/** Only secure answers. */
export const LUP_REQUIRE_SECURE = 0x10000000;
/** Return the time to live. */
export const LUP_RETURN_TTL = 0x20000000;
/** Ask without encryption. */
export const LUP_FORCE_CLEAR_TEXT = 0x40000000;
/** Return a handle. */
export const LUP_RESOLUTION_HANDLE = 0x80000000;
/** The result is an alias. */
export const RESULT_IS_ALIAS = 0x1;
/** The result was added. */
export const RESULT_IS_ADDED = 0x10;
/** The result has changed. */
export const RESULT_IS_CHANGED = 0x20;
/** The result was deleted. */
export const RESULT_IS_DELETED = 0x40;

// ---- Versions ----

/** The version must be equal. */
export const COMP_EQUAL = 0;
/** The version must not be lower. */
export const COMP_NOTLESS = 1;

// ---- WSASetService ----

/** Register the service. */
export const RNRSERVICE_REGISTER = 0;
/** Remove its addresses. */
export const RNRSERVICE_DEREGISTER = 1;
/** Remove the service. */
export const RNRSERVICE_DELETE = 2;
/** Several addresses may be registered one by one. */
export const SERVICE_MULTIPLE = 0x1;

// ---- Network location awareness ----

/** The network is there for all users. */
export const NLA_ALLUSERS_NETWORK = 0x1;
/** Return the friendly name. */
export const NLA_FRIENDLY_NAME = 0x2;

// ---- How a lookup's change is told ----

/** Not at all; ask. */
export const NSP_NOTIFY_IMMEDIATELY = 0;
/** By a message. */
export const NSP_NOTIFY_HWND = 1;
/** By an event. */
export const NSP_NOTIFY_EVENT = 2;
/** By a completion port. */
export const NSP_NOTIFY_PORT = 3;
/** By a completion routine. */
export const NSP_NOTIFY_APC = 4;

// ---- Service classes' values ----

/** Name of the IPX socket's value. */
export const SERVICE_TYPE_VALUE_IPXPORT = 'IpxSocket';
/** Name of the SAP identifier's value. */
export const SERVICE_TYPE_VALUE_SAPID = 'SapId';
/** Name of the TCP port's value. */
export const SERVICE_TYPE_VALUE_TCPPORT = 'TcpPort';
/** Name of the UDP port's value. */
export const SERVICE_TYPE_VALUE_UDPPORT = 'UdpPort';
/** Name of the object identifier's value. */
export const SERVICE_TYPE_VALUE_OBJECTID = 'ObjectId';
/** Name of the value that says whether there are connections. */
export const SERVICE_TYPE_VALUE_CONN = 'ConnectionOriented';

// ---- Types of service classes' values (dwValueType) ----

/** Text that ends with a NUL. */
export const REG_SZ = 1;
/** Bytes. */
export const REG_BINARY = 3;
/** A number of 32 bits, little-endian. */
export const REG_DWORD = 4;

// ---- WinSock 1.1 name resolution (nspapi) ----

/** The name is a resource. */
export const SERVICE_RESOURCE = 0x1;
/** The name is a service. */
export const SERVICE_SERVICE = 0x2;
/** The name is local. */
export const SERVICE_LOCAL = 0x4;
/** Register a service. */
export const SERVICE_REGISTER = 1;
/** Remove a service. */
export const SERVICE_DEREGISTER = 2;
/** Carry out deferred operations. */
export const SERVICE_FLUSH = 3;
/** Add a service type. */
export const SERVICE_ADD_TYPE = 4;
/** Remove a service type. */
export const SERVICE_DELETE_TYPE = 5;
/** Carry out later. */
export const SERVICE_FLAG_DEFER = 0x1;
/** Carry out now. */
export const SERVICE_FLAG_HARD = 0x2;
/** RPC with connections. */
export const SERVICE_ADDRESS_FLAG_RPC_CN = 0x1;
/** RPC over datagrams. */
export const SERVICE_ADDRESS_FLAG_RPC_DG = 0x2;
/** RPC over NetBIOS. */
export const SERVICE_ADDRESS_FLAG_RPC_NB = 0x4;
/** Comment. */
export const PROP_COMMENT = 0x1;
/** Locale. */
export const PROP_LOCALE = 0x2;
/** Display hint. */
export const PROP_DISPLAY_HINT = 0x4;
/** Version. */
export const PROP_VERSION = 0x8;
/** Start time. */
export const PROP_START_TIME = 0x10;
/** Machine. */
export const PROP_MACHINE = 0x20;
/** Addresses. */
export const PROP_ADDRESSES = 0x100;
/** Security descriptor. */
export const PROP_SD = 0x200;
/** Everything. */
export const PROP_ALL = 0x80000000;
/** Return an address even if the service is not registered. */
export const RES_SOFT_SEARCH = 0x1;
/** Search several name spaces. */
export const RES_FIND_MULTIPLE = 0x2;
/** The address is for bind. */
export const RES_SERVICE = 0x4;
/** Ask afresh. */
export const RES_FLUSH_CACHE = 0x2;
/** Not used. */
export const RES_UNUSED_1 = 0x1;
/** Some name spaces took part. */
export const SET_SERVICE_PARTIAL_SUCCESS = 0x1;
/** Datagrams, no connections. */
export const XP_CONNECTIONLESS = 0x1;
/** What is sent arrives. */
export const XP_GUARANTEED_DELIVERY = 0x2;
/** Data arrives in order. */
export const XP_GUARANTEED_ORDER = 0x4;
/** Message boundaries are kept. */
export const XP_MESSAGE_ORIENTED = 0x8;
/** Message oriented, but boundaries are ignored. */
export const XP_PSEUDO_STREAM = 0x10;
/** Connections can be closed gracefully. */
export const XP_GRACEFUL_CLOSE = 0x20;
/** Out-of-band data. */
export const XP_EXPEDITED_DATA = 0x40;
/** Data with a connection request. */
export const XP_CONNECT_DATA = 0x80;
/** Data with a disconnect. */
export const XP_DISCONNECT_DATA = 0x100;
/** Broadcasts. */
export const XP_SUPPORTS_BROADCAST = 0x200;
/** Multicasts. */
export const XP_SUPPORTS_MULTICAST = 0x400;
/** Bandwidth can be allocated. */
export const XP_BANDWIDTH_ALLOCATION = 0x800;
/** Messages are fragmented. */
export const XP_FRAGMENTATION = 0x1000;
/** Data is encrypted. */
export const XP_ENCRYPTS = 0x2000;
