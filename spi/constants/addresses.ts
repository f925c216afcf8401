// Internet addresses, and the flags of getaddrinfo and getnameinfo.

// ---- IPv4 addresses, in host byte order ----

/** Any address of this machine. */
export const INADDR_ANY = 0x0;
/** This machine itself. */
export const INADDR_LOOPBACK = 0x7f000001;
/** Everybody in the local network. */
export const INADDR_BROADCAST = 0xffffffff;
/** inet_addr failed. */
export const INADDR_NONE = 0xffffffff;
/** Any address of this machine. */
export const ADDR_ANY = 0x0;
/** Network part of a class A address. */
export const IN_CLASSA_NET = 0xff000000;
/** Bits of a class A address's host part. */
export const IN_CLASSA_NSHIFT = 24;
/** Host part of a class A address. */
export const IN_CLASSA_HOST = 0xffffff;
/** Number of class A networks. */
export const IN_CLASSA_MAX = 128;
/** Network part of a class B address. */
export const IN_CLASSB_NET = 0xffff0000;
/** Bits of a class B address's host part. */
export const IN_CLASSB_NSHIFT = 16;
/** Host part of a class B address. */
export const IN_CLASSB_HOST = 0xffff;
/** Number of class B networks. */
export const IN_CLASSB_MAX = 65536;
/** Network part of a class C address. */
export const IN_CLASSC_NET = 0xffffff00;
/** Bits of a class C address's host part. */
export const IN_CLASSC_NSHIFT = 8;
/** Host part of a class C address. */
export const IN_CLASSC_HOST = 0xff;
/** Network part of a class D address. */
export const IN_CLASSD_NET = 0xf0000000;
/** Bits of a class D address's host part. */
export const IN_CLASSD_NSHIFT = 28;
/** Host part of a class D address. */
export const IN_CLASSD_HOST = 0xfffffff;

// ---- Lengths of texts ----

/** Room for an IPv4 address with port. */
export const INET_ADDRSTRLEN = 22;
/** Room for an IPv6 address with scope and port. */
export const INET6_ADDRSTRLEN = 65;
/** Room for a host name. */
export const NI_MAXHOST = 1025;
/** Room for a service name. */
export const NI_MAXSERV = 32;
/** Room for gai_strerror's text. */
export const GAI_STRERROR_BUFFER_SIZE = 1024;

// ---- getaddrinfo ----

/** The address is for bind. */
export const AI_PASSIVE = 0x1;
/** Return the canonical name. */
export const AI_CANONNAME = 0x2;
/** The host is an address. */
export const AI_NUMERICHOST = 0x4;
/** The service is a port number. */
export const AI_NUMERICSERV = 0x8;
/** Ask DNS only. */
export const AI_DNS_ONLY = 0x10;
/** Ask without encryption. */
export const AI_FORCE_CLEAR_TEXT = 0x20;
/** Ask afresh. */
export const AI_BYPASS_DNS_CACHE = 0x40;
/** Return the time to live. */
export const AI_RETURN_TTL = 0x80;
/** Return IPv6 and mapped IPv4 addresses. */
export const AI_ALL = 0x100;
/** Only families that the machine has addresses of. */
export const AI_ADDRCONFIG = 0x400;
/** Return IPv4 addresses mapped to IPv6. */
export const AI_V4MAPPED = 0x800;
/** Answers need not be authoritative. */
export const AI_NON_AUTHORITATIVE = 0x4000;
/** Only secure answers. */
export const AI_SECURE = 0x8000;
/** Return preferred names. */
export const AI_RETURN_PREFERRED_NAMES = 0x10000;
/** Return the fully qualified name. */
export const AI_FQDN = 0x20000;
/** The name is a file server's. */
export const AI_FILESERVER = 0x40000;
/** Do not convert international names. */
export const AI_DISABLE_IDN_ENCODING = 0x80000;
/** Only secure answers. */
export const AI_REQUIRE_SECURE = 0x20000000;
/** Return a handle. */
export const AI_RESOLUTION_HANDLE = 0x40000000;
/** The structure is extended. */
export const AI_EXTENDED = 0x80000000;
/** Try again later. */
export const EAI_AGAIN = 11002;
/** Wrong flags. */
export const EAI_BADFLAGS = 10022;
/** The lookup failed for good. */
export const EAI_FAIL = 11003;
/** Unknown family. */
export const EAI_FAMILY = 10047;
/** Not enough memory. */
export const EAI_MEMORY = 8;
/** No data of this kind. */
export const EAI_NODATA = 11004;
/** Unknown name. */
export const EAI_NONAME = 11001;
/** Unknown service. */
export const EAI_SERVICE = 10109;
/** Unknown socket type. */
export const EAI_SOCKTYPE = 10044;

// ---- getnameinfo ----

/** Only the host part of local names. */
export const NI_NOFQDN = 0x1;
/** The address instead of a name. */
export const NI_NUMERICHOST = 0x2;
/** Fail if there is no name. */
export const NI_NAMEREQD = 0x4;
/** The port instead of a service name. */
export const NI_NUMERICSERV = 0x8;
/** The service is over UDP. */
export const NI_DGRAM = 0x10;

// ---- IPv6 scopes ----

/** One interface. */
export const ScopeLevelInterface = 1;
/** One link. */
export const ScopeLevelLink = 2;
/** One subnet. */
export const ScopeLevelSubnet = 3;
/** One administrative domain. */
export const ScopeLevelAdmin = 4;
/** One site. */
export const ScopeLevelSite = 5;
/** One organization. */
export const ScopeLevelOrganization = 8;
/** Everywhere. */
export const ScopeLevelGlobal = 14;
/** One more than the highest level. */
export const ScopeLevelCount = 16;
