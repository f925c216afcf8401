// Protocol numbers and well-known ports.

// ---- Protocols over IP ----

/** IP itself; any protocol, when a socket is made. */
export const IPPROTO_IP = 0;
/** IPv6 hop-by-hop options. */
export const IPPROTO_HOPOPTS = 0;
/** ICMP. */
export const IPPROTO_ICMP = 1;
/** IGMP. */
export const IPPROTO_IGMP = 2;
/** Gateway-to-gateway protocol. */
export const IPPROTO_GGP = 3;
/** IPv4 in IP. */
export const IPPROTO_IPV4 = 4;
/** Stream protocol. */
export const IPPROTO_ST = 5;
/** TCP. */
export const IPPROTO_TCP = 6;
/** Core based trees. */
export const IPPROTO_CBT = 7;
/** Exterior gateway protocol. */
export const IPPROTO_EGP = 8;
/** Interior gateway protocol. */
export const IPPROTO_IGP = 9;
/** PUP. */
export const IPPROTO_PUP = 12;
/** UDP. */
export const IPPROTO_UDP = 17;
/** XNS IDP. */
export const IPPROTO_IDP = 22;
/** Reliable data protocol. */
export const IPPROTO_RDP = 27;
/** IPv6. */
export const IPPROTO_IPV6 = 41;
/** IPv6 routing header. */
export const IPPROTO_ROUTING = 43;
/** IPv6 fragment header. */
export const IPPROTO_FRAGMENT = 44;
/** Encapsulating security payload. */
export const IPPROTO_ESP = 50;
/** Authentication header. */
export const IPPROTO_AH = 51;
/** ICMP for IPv6. */
export const IPPROTO_ICMPV6 = 58;
/** IPv6 no next header. */
export const IPPROTO_NONE = 59;
/** IPv6 destination options. */
export const IPPROTO_DSTOPTS = 60;
/** Network disk protocol. */
export const IPPROTO_ND = 77;
/** ICL FXBM. */
export const IPPROTO_ICLFXBM = 78;
/** Protocol independent multicast. */
export const IPPROTO_PIM = 103;
/** Pragmatic general multicast. */
export const IPPROTO_PGM = 113;
/** Layer two tunnelling. */
export const IPPROTO_L2TP = 115;
/** SCTP. */
export const IPPROTO_SCTP = 132;
/** Raw IP packets. */
export const IPPROTO_RAW = 255;
/** One more than the highest protocol. */
export const IPPROTO_MAX = 256;

// ---- Protocols over IPX ----

/** IPX. */
export const NSPROTO_IPX = 1000;
/** SPX. */
export const NSPROTO_SPX = 1256;
/** SPX II. */
export const NSPROTO_SPXII = 1257;

// ---- Protocols of ISO ----

/** Transport class 0. */
export const ISOPROTO_TP0 = 25;
/** Transport class 1. */
export const ISOPROTO_TP1 = 26;
/** Transport class 2. */
export const ISOPROTO_TP2 = 27;
/** Transport class 3. */
export const ISOPROTO_TP3 = 28;
/** Transport class 4. */
export const ISOPROTO_TP4 = 29;
/** Transport class 4. */
export const ISOPROTO_TP = 29;
/** Connectionless transport. */
export const ISOPROTO_CLTP = 30;
/** Connectionless network. */
export const ISOPROTO_CLNP = 31;
/** X.25. */
export const ISOPROTO_X25 = 32;
/** Inactive network layer. */
export const ISOPROTO_INACT_NL = 33;
/** ES-IS routing. */
export const ISOPROTO_ESIS = 34;
/** IS-IS routing. */
export const ISOPROTO_INTRAISIS = 35;

// ---- Links of the ARPANET ----

/** IP. */
export const IMPLINK_IP = 155;
/** Lowest experimental link. */
export const IMPLINK_LOWEXPER = 156;
/** Highest experimental link. */
export const IMPLINK_HIGHEXPER = 158;

// ---- Well-known ports ----

/** echo. */
export const IPPORT_ECHO = 7;
/** discard. */
export const IPPORT_DISCARD = 9;
/** systat. */
export const IPPORT_SYSTAT = 11;
/** daytime. */
export const IPPORT_DAYTIME = 13;
/** netstat. */
export const IPPORT_NETSTAT = 15;
/** ftp. */
export const IPPORT_FTP = 21;
/** telnet. */
export const IPPORT_TELNET = 23;
/** smtp. */
export const IPPORT_SMTP = 25;
/** time. */
export const IPPORT_TIMESERVER = 37;
/** nameserver. */
export const IPPORT_NAMESERVER = 42;
/** whois. */
export const IPPORT_WHOIS = 43;
/** mtp. */
export const IPPORT_MTP = 57;
/** tftp. */
export const IPPORT_TFTP = 69;
/** rje. */
export const IPPORT_RJE = 77;
/** finger. */
export const IPPORT_FINGER = 79;
/** ttylink. */
export const IPPORT_TTYLINK = 87;
/** supdup. */
export const IPPORT_SUPDUP = 95;
/** exec, over TCP. */
export const IPPORT_EXECSERVER = 512;
/** login, over TCP. */
export const IPPORT_LOGINSERVER = 513;
/** shell, over TCP. */
export const IPPORT_CMDSERVER = 514;
/** efs, over TCP. */
export const IPPORT_EFSSERVER = 520;
/** biff, over UDP. */
export const IPPORT_BIFFUDP = 512;
/** who, over UDP. */
export const IPPORT_WHOSERVER = 513;
/** route, over UDP. */
export const IPPORT_ROUTESERVER = 520;
/** Ports below this one are reserved. */
export const IPPORT_RESERVED = 1024;
