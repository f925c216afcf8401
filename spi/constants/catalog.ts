// What catalog entries say.

// ---- Protocol chains ----

/** The longest protocol chain. */
export const MAX_PROTOCOL_CHAIN = 7;
/** A chain's length that means: a base protocol. */
export const BASE_PROTOCOL = 1;
/** A chain's length that means: a layered protocol. */
export const LAYERED_PROTOCOL = 0;
/** The longest protocol name. */
export const WSAPROTOCOL_LEN = 255;

// ---- Provider flags ----

/** The protocol has several entries. */
export const PFL_MULTIPLE_PROTO_ENTRIES = 0x1;
/** The entry to prefer among several. */
export const PFL_RECOMMENDED_PROTO_ENTRY = 0x2;
/** The entry is not shown to applications. */
export const PFL_HIDDEN = 0x4;
/** The entry also serves protocol 0. */
export const PFL_MATCHES_PROTOCOL_ZERO = 0x8;
/** A NetworkDirect provider. */
export const PFL_NETWORKDIRECT_PROVIDER = 0x10;

// ---- Service flags ----

/** Datagrams, no connections. */
export const XP1_CONNECTIONLESS = 0x1;
/** What is sent arrives. */
export const XP1_GUARANTEED_DELIVERY = 0x2;
/** Data arrives in order, if it arrives. */
export const XP1_GUARANTEED_ORDER = 0x4;
/** Message boundaries are kept. */
export const XP1_MESSAGE_ORIENTED = 0x8;
/** Message oriented, but boundaries are ignored. */
export const XP1_PSEUDO_STREAM = 0x10;
/** Connections can be closed gracefully. */
export const XP1_GRACEFUL_CLOSE = 0x20;
/** Out-of-band data. */
export const XP1_EXPEDITED_DATA = 0x40;
/** Data with a connection request. */
export const XP1_CONNECT_DATA = 0x80;
/** Data with a disconnect. */
export const XP1_DISCONNECT_DATA = 0x100;
/** Broadcasts. */
export const XP1_SUPPORT_BROADCAST = 0x200;
/** Multipoint or multicast. */
export const XP1_SUPPORT_MULTIPOINT = 0x400;
/** The control plane has a root. */
export const XP1_MULTIPOINT_CONTROL_PLANE = 0x800;
/** The data plane has a root. */
export const XP1_MULTIPOINT_DATA_PLANE = 0x1000;
/** Quality of service. */
export const XP1_QOS_SUPPORTED = 0x2000;
/** Sending in interrupt context. */
export const XP1_INTERRUPT = 0x4000;
/** Sending only. */
export const XP1_UNI_SEND = 0x8000;
/** Receiving only. */
export const XP1_UNI_RECV = 0x10000;
/** Sockets are the system's own handles. */
export const XP1_IFS_HANDLES = 0x20000;
/** MSG_PARTIAL. */
export const XP1_PARTIAL_MESSAGE = 0x40000;
/** Sockets direct protocol. */
export const XP1_SAN_SUPPORT_SDP = 0x80000;

// ---- Byte orders and security ----

/** Network byte order. */
export const BIGENDIAN = 0;
/** The other byte order. */
export const LITTLEENDIAN = 1;
/** No security protocol. */
export const SECURITY_PROTOCOL_NONE = 0;

// ---- LSP categories ----

/** Fit for system processes. */
export const LSP_SYSTEM = 0x80000000;
/** Looks at data. */
export const LSP_INSPECTOR = 0x1;
/** Changes destinations. */
export const LSP_REDIRECTOR = 0x2;
/** Relays connections. */
export const LSP_PROXY = 0x4;
/** Blocks traffic. */
export const LSP_FIREWALL = 0x8;
/** Changes incoming data. */
export const LSP_INBOUND_MODIFY = 0x10;
/** Changes outgoing data. */
export const LSP_OUTBOUND_MODIFY = 0x20;
/** Encrypts or compresses. */
export const LSP_CRYPTO_COMPRESS = 0x40;
/** Answers from a cache. */
export const LSP_LOCAL_CACHE = 0x80;

// ---- Provider information ----

/** The LSP's categories. */
export const ProviderInfoLspCategories = 0;
/** The LSP's audit record. */
export const ProviderInfoAudit = 1;
