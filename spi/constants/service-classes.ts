// GUIDs of service classes (svcguid.h): a service class names a kind of service, and for most of them its port.
import { GUID } from '../structures/guid.js';

const DNS_PORT = 53;
const TCP = 0x0009;
const UDP = 0x000a;
const NETWARE = 0x000b;

function serviceClass(data1: number, recordType: number): GUID {
  const group = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  return `${group(data1 >>> 0, 8)}-0000-${group(recordType & 0xffff, 4)}-C000-000000000046`;
}

const inKind = (kind: number, value: number, recordType = 0) =>
  serviceClass((kind << 16) | (value & 0xffff), recordType);

// The first and third groups of a service class's GUID, or null when it is not of that kind.
function parts(guid: GUID, kind: number): { value: number; recordType: number } | null {
  const groups = /^([0-9A-F]{4})([0-9A-F]{4})-0000-([0-9A-F]{4})-C000-000000000046$/.exec(GUID.parse(guid) ?? '');
  if (groups === null || Number.parseInt(groups[1] ?? '', 16) !== kind) return null;
  return { value: Number.parseInt(groups[2] ?? '', 16), recordType: Number.parseInt(groups[3] ?? '', 16) };
}

// ---- Builders and tests ----

/** The service class of a TCP port and a DNS record type. */
export const SVCID_TCP_RR = (port: number, recordType: number): GUID => inKind(TCP, port, recordType);
/** The service class of a TCP port. */
export const SVCID_TCP = (port: number): GUID => inKind(TCP, port);
/** The service class of a UDP port and a DNS record type. */
export const SVCID_UDP_RR = (port: number, recordType: number): GUID => inKind(UDP, port, recordType);
/** The service class of a UDP port. */
export const SVCID_UDP = (port: number): GUID => inKind(UDP, port);
/** The service class of a DNS record type. */
export const SVCID_DNS = (recordType: number): GUID => SVCID_TCP_RR(DNS_PORT, recordType);
/** The service class of a NetWare SAP identifier. */
export const SVCID_NETWARE = (sapId: number): GUID => inKind(NETWARE, sapId);
/** Says whether a GUID is the service class of a TCP port. */
export const IS_SVCID_TCP = (guid: GUID): boolean => parts(guid, TCP) !== null;
/** Says whether a GUID is the service class of a UDP port. */
export const IS_SVCID_UDP = (guid: GUID): boolean => parts(guid, UDP) !== null;
/** Says whether a GUID is the service class of a DNS record type. */
export const IS_SVCID_DNS = (guid: GUID): boolean => parts(guid, TCP)?.value === DNS_PORT;
/** Says whether a GUID is the service class of a NetWare SAP identifier. */
export const IS_SVCID_NETWARE = (guid: GUID): boolean => parts(guid, NETWARE)?.recordType === 0;
/** The specification's name of SVCID_NETWARE. */
export const SVCID_NETWORK = SVCID_NETWARE;
/** The specification's name of IS_SVCID_NETWARE. */
export const IS_SVCID_NETWORK = IS_SVCID_NETWARE;
/** The port of a TCP service class; 0 when the GUID is none. */
export const PORT_FROM_SVCID_TCP = (guid: GUID): number => parts(guid, TCP)?.value ?? 0;
/** The port of a UDP service class; 0 when the GUID is none. */
export const PORT_FROM_SVCID_UDP = (guid: GUID): number => parts(guid, UDP)?.value ?? 0;
/** The SAP identifier of a NetWare service class; 0 when the GUID is none. */
export const SAPID_FROM_SVCID_NETWARE = (guid: GUID): number => parts(guid, NETWARE)?.value ?? 0;
/** The specification's name of SAPID_FROM_SVCID_NETWARE. */
export const SAPID_FROM_SVCID_NETWORK = SAPID_FROM_SVCID_NETWARE;
/** The DNS record type of a TCP or UDP service class; 0 when the GUID is none. */
export const RR_FROM_SVCID = (guid: GUID): number => (parts(guid, TCP) ?? parts(guid, UDP))?.recordType ?? 0;

// ---- Lookups of hosts and services ----

/** The machine's own name. */
export const SVCID_HOSTNAME = serviceClass(0x0002a800, 0);
/** Host names by address text. */
export const SVCID_INET_HOSTADDRBYINETSTRING = serviceClass(0x0002a801, 0);
/** The specification's name of SVCID_INET_HOSTADDRBYINETSTRING. */
export const SVCID_INET_HOSTNAMEBYADDR = SVCID_INET_HOSTADDRBYINETSTRING;
/** Ports by service name. */
export const SVCID_INET_SERVICEBYNAME = serviceClass(0x0002a802, 0);
/** Addresses by host name. */
export const SVCID_INET_HOSTADDRBYNAME = serviceClass(0x0002a803, 0);

// ---- Services over TCP ----

/** `echo` over TCP. */
export const SVCID_ECHO_TCP = SVCID_TCP(7);
/** `discard` over TCP. */
export const SVCID_DISCARD_TCP = SVCID_TCP(9);
/** `systat` over TCP. */
export const SVCID_SYSTAT_TCP = SVCID_TCP(11);
/** `daytime` over TCP. */
export const SVCID_DAYTIME_TCP = SVCID_TCP(13);
/** `netstat` over TCP. */
export const SVCID_NETSTAT_TCP = SVCID_TCP(15);
/** `qotd` over TCP. */
export const SVCID_QOTD_TCP = SVCID_TCP(17);
/** `chargen` over TCP. */
export const SVCID_CHARGEN_TCP = SVCID_TCP(19);
/** `ftp-data` over TCP. */
export const SVCID_FTP_DATA_TCP = SVCID_TCP(20);
/** `ftp` over TCP. */
export const SVCID_FTP_TCP = SVCID_TCP(21);
/** `telnet` over TCP. */
export const SVCID_TELNET_TCP = SVCID_TCP(23);
/** `smtp` over TCP. */
export const SVCID_SMTP_TCP = SVCID_TCP(25);
/** `time` over TCP. */
export const SVCID_TIME_TCP = SVCID_TCP(37);
/** `name` over TCP. */
export const SVCID_NAME_TCP = SVCID_TCP(42);
/** `whois` over TCP. */
export const SVCID_WHOIS_TCP = SVCID_TCP(43);
/** `domain` over TCP. */
export const SVCID_DOMAIN_TCP = SVCID_TCP(53);
/** `nameserver` over TCP. */
export const SVCID_NAMESERVER_TCP = SVCID_TCP(53);
/** `mtp` over TCP. */
export const SVCID_MTP_TCP = SVCID_TCP(57);
/** `rje` over TCP. */
export const SVCID_RJE_TCP = SVCID_TCP(77);
/** `finger` over TCP. */
export const SVCID_FINGER_TCP = SVCID_TCP(79);
/** `link` over TCP. */
export const SVCID_LINK_TCP = SVCID_TCP(87);
/** `supdup` over TCP. */
export const SVCID_SUPDUP_TCP = SVCID_TCP(95);
/** `hostnames` over TCP. */
export const SVCID_HOSTNAMES_TCP = SVCID_TCP(101);
/** `iso-tsap` over TCP. */
export const SVCID_ISO_TSAP_TCP = SVCID_TCP(102);
/** `dictionary` over TCP. */
export const SVCID_DICTIONARY_TCP = SVCID_TCP(103);
/** `x400` over TCP. */
export const SVCID_X400_TCP = SVCID_TCP(103);
/** `x400-snd` over TCP. */
export const SVCID_X400_SND_TCP = SVCID_TCP(104);
/** `csnet-ns` over TCP. */
export const SVCID_CSNET_NS_TCP = SVCID_TCP(105);
/** `pop` over TCP. */
export const SVCID_POP_TCP = SVCID_TCP(109);
/** `pop2` over TCP. */
export const SVCID_POP2_TCP = SVCID_TCP(109);
/** `pop3` over TCP. */
export const SVCID_POP3_TCP = SVCID_TCP(110);
/** `portmap` over TCP. */
export const SVCID_PORTMAP_TCP = SVCID_TCP(111);
/** `sunrpc` over TCP. */
export const SVCID_SUNRPC_TCP = SVCID_TCP(111);
/** `auth` over TCP. */
export const SVCID_AUTH_TCP = SVCID_TCP(113);
/** `sftp` over TCP. */
export const SVCID_SFTP_TCP = SVCID_TCP(115);
/** `path` over TCP. */
export const SVCID_PATH_TCP = SVCID_TCP(117);
/** `uucp-path` over TCP. */
export const SVCID_UUCP_PATH_TCP = SVCID_TCP(117);
/** `nntp` over TCP. */
export const SVCID_NNTP_TCP = SVCID_TCP(119);
/** `nbsession` over TCP. */
export const SVCID_NBSESSION_TCP = SVCID_TCP(139);
/** `news` over TCP. */
export const SVCID_NEWS_TCP = SVCID_TCP(144);
/** `tcprepo` over TCP. */
export const SVCID_TCPREPO_TCP = SVCID_TCP(158);
/** `print-srv` over TCP. */
export const SVCID_PRINT_SRV_TCP = SVCID_TCP(170);
/** `vmnet` over TCP. */
export const SVCID_VMNET_TCP = SVCID_TCP(175);
/** `vmnet0` over TCP. */
export const SVCID_VMNET0_TCP = SVCID_TCP(400);
/** `exec` over TCP. */
export const SVCID_EXEC_TCP = SVCID_TCP(512);
/** `login` over TCP. */
export const SVCID_LOGIN_TCP = SVCID_TCP(513);
/** `shell` over TCP. */
export const SVCID_SHELL_TCP = SVCID_TCP(514);
/** `printer` over TCP. */
export const SVCID_PRINTER_TCP = SVCID_TCP(515);
/** `efs` over TCP. */
export const SVCID_EFS_TCP = SVCID_TCP(520);
/** `tempo` over TCP. */
export const SVCID_TEMPO_TCP = SVCID_TCP(526);
/** `courier` over TCP. */
export const SVCID_COURIER_TCP = SVCID_TCP(530);
/** `conference` over TCP. */
export const SVCID_CONFERENCE_TCP = SVCID_TCP(531);
/** `netnews` over TCP. */
export const SVCID_NETNEWS_TCP = SVCID_TCP(532);
/** `uucp` over TCP. */
export const SVCID_UUCP_TCP = SVCID_TCP(540);
/** `klogin` over TCP. */
export const SVCID_KLOGIN_TCP = SVCID_TCP(543);
/** `kshell` over TCP. */
export const SVCID_KSHELL_TCP = SVCID_TCP(544);
/** `remotefs` over TCP. */
export const SVCID_REMOTEFS_TCP = SVCID_TCP(556);
/** `garcon` over TCP. */
export const SVCID_GARCON_TCP = SVCID_TCP(600);
/** `maitrd` over TCP. */
export const SVCID_MAITRD_TCP = SVCID_TCP(601);
/** `busboy` over TCP. */
export const SVCID_BUSBOY_TCP = SVCID_TCP(602);
/** `kerberos` over TCP. */
export const SVCID_KERBEROS_TCP = SVCID_TCP(750);
/** `kerberos-master` over TCP. */
export const SVCID_KERBEROS_MASTER_TCP = SVCID_TCP(751);
/** `krb-prop` over TCP. */
export const SVCID_KRB_PROP_TCP = SVCID_TCP(754);
/** `erlogin` over TCP. */
export const SVCID_ERLOGIN_TCP = SVCID_TCP(888);
/** `kpop` over TCP. */
export const SVCID_KPOP_TCP = SVCID_TCP(1109);
/** `ingreslock` over TCP. */
export const SVCID_INGRESLOCK_TCP = SVCID_TCP(1524);
/** `knetd` over TCP. */
export const SVCID_KNETD_TCP = SVCID_TCP(2053);
/** `eklogin` over TCP. */
export const SVCID_EKLOGIN_TCP = SVCID_TCP(2105);
/** `rmt` over TCP. */
export const SVCID_RMT_TCP = SVCID_TCP(5555);
/** `mtb` over TCP. */
export const SVCID_MTB_TCP = SVCID_TCP(5556);
/** `man` over TCP. */
export const SVCID_MAN_TCP = SVCID_TCP(9535);
/** `w` over TCP. */
export const SVCID_W_TCP = SVCID_TCP(9536);
/** `mantst` over TCP. */
export const SVCID_MANTST_TCP = SVCID_TCP(9537);
/** `bnews` over TCP. */
export const SVCID_BNEWS_TCP = SVCID_TCP(10000);
/** `queue` over TCP. */
export const SVCID_QUEUE_TCP = SVCID_TCP(10001);
/** `poker` over TCP. */
export const SVCID_POKER_TCP = SVCID_TCP(10002);
/** `gateway` over TCP. */
export const SVCID_GATEWAY_TCP = SVCID_TCP(10003);
/** `remp` over TCP. */
export const SVCID_REMP_TCP = SVCID_TCP(10004);
/** `qmaster` over TCP. */
export const SVCID_QMASTER_TCP = SVCID_TCP(10012);

// ---- Services over UDP ----

/** `echo` over UDP. */
export const SVCID_ECHO_UDP = SVCID_UDP(7);
/** `discard` over UDP. */
export const SVCID_DISCARD_UDP = SVCID_UDP(9);
/** `daytime` over UDP. */
export const SVCID_DAYTIME_UDP = SVCID_UDP(13);
/** `qotd` over UDP. */
export const SVCID_QOTD_UDP = SVCID_UDP(17);
/** `chargen` over UDP. */
export const SVCID_CHARGEN_UDP = SVCID_UDP(19);
/** `time` over UDP. */
export const SVCID_TIME_UDP = SVCID_UDP(37);
/** `rlp` over UDP. */
export const SVCID_RLP_UDP = SVCID_UDP(39);
/** `name` over UDP. */
export const SVCID_NAME_UDP = SVCID_UDP(42);
/** `domain` over UDP. */
export const SVCID_DOMAIN_UDP = SVCID_UDP(53);
/** `nameserver` over UDP. */
export const SVCID_NAMESERVER_UDP = SVCID_UDP(53);
/** `bootp` over UDP. */
export const SVCID_BOOTP_UDP = SVCID_UDP(67);
/** `tftp` over UDP. */
export const SVCID_TFTP_UDP = SVCID_UDP(69);
/** `portmap` over UDP. */
export const SVCID_PORTMAP_UDP = SVCID_UDP(111);
/** `sunrpc` over UDP. */
export const SVCID_SUNRPC_UDP = SVCID_UDP(111);
/** `ntp` over UDP. */
export const SVCID_NTP_UDP = SVCID_UDP(123);
/** `nbname` over UDP. */
export const SVCID_NBNAME_UDP = SVCID_UDP(137);
/** `nbdatagram` over UDP. */
export const SVCID_NBDATAGRAM_UDP = SVCID_UDP(138);
/** `sgmp` over UDP. */
export const SVCID_SGMP_UDP = SVCID_UDP(153);
/** `snmp` over UDP. */
export const SVCID_SNMP_UDP = SVCID_UDP(161);
/** `snmp-trap` over UDP. */
export const SVCID_SNMP_TRAP_UDP = SVCID_UDP(162);
/** `load` over UDP. */
export const SVCID_LOAD_UDP = SVCID_UDP(315);
/** `sytek` over UDP. */
export const SVCID_SYTEK_UDP = SVCID_UDP(500);
/** `biff` over UDP. */
export const SVCID_BIFF_UDP = SVCID_UDP(512);
/** `who` over UDP. */
export const SVCID_WHO_UDP = SVCID_UDP(513);
/** `syslog` over UDP. */
export const SVCID_SYSLOG_UDP = SVCID_UDP(514);
/** `talk` over UDP. */
export const SVCID_TALK_UDP = SVCID_UDP(517);
/** `ntalk` over UDP. */
export const SVCID_NTALK_UDP = SVCID_UDP(518);
/** `route` over UDP. */
export const SVCID_ROUTE_UDP = SVCID_UDP(520);
/** `timed` over UDP. */
export const SVCID_TIMED_UDP = SVCID_UDP(525);
/** `rvd-control` over UDP. */
export const SVCID_RVD_CONTROL_UDP = SVCID_UDP(531);
/** `netwall` over UDP. */
export const SVCID_NETWALL_UDP = SVCID_UDP(533);
/** `new-rwho` over UDP. */
export const SVCID_NEW_RWHO_UDP = SVCID_UDP(550);
/** `rmonitor` over UDP. */
export const SVCID_RMONITOR_UDP = SVCID_UDP(560);
/** `monitor` over UDP. */
export const SVCID_MONITOR_UDP = SVCID_UDP(561);
/** `acctmaster` over UDP. */
export const SVCID_ACCTMASTER_UDP = SVCID_UDP(700);
/** `acctslave` over UDP. */
export const SVCID_ACCTSLAVE_UDP = SVCID_UDP(701);
/** `acct` over UDP. */
export const SVCID_ACCT_UDP = SVCID_UDP(702);
/** `acctlogin` over UDP. */
export const SVCID_ACCTLOGIN_UDP = SVCID_UDP(703);
/** `acctprinter` over UDP. */
export const SVCID_ACCTPRINTER_UDP = SVCID_UDP(704);
/** `elcsd` over UDP. */
export const SVCID_ELCSD_UDP = SVCID_UDP(704);
/** `acctinfo` over UDP. */
export const SVCID_ACCTINFO_UDP = SVCID_UDP(705);
/** `acctslave2` over UDP. */
export const SVCID_ACCTSLAVE2_UDP = SVCID_UDP(706);
/** `acctdisk` over UDP. */
export const SVCID_ACCTDISK_UDP = SVCID_UDP(707);
/** `kerberos` over UDP. */
export const SVCID_KERBEROS_UDP = SVCID_UDP(750);
/** `kerberos-master` over UDP. */
export const SVCID_KERBEROS_MASTER_UDP = SVCID_UDP(751);
/** `passwd-server` over UDP. */
export const SVCID_PASSWD_SERVER_UDP = SVCID_UDP(752);
/** `userreg-server` over UDP. */
export const SVCID_USERREG_SERVER_UDP = SVCID_UDP(753);
/** `phone` over UDP. */
export const SVCID_PHONE_UDP = SVCID_UDP(1167);
/** `maze` over UDP. */
export const SVCID_MAZE_UDP = SVCID_UDP(1666);
/** `nfs` over UDP. */
export const SVCID_NFS_UDP = SVCID_UDP(2049);
/** `rscs0` over UDP. */
export const SVCID_RSCS0_UDP = SVCID_UDP(10000);
/** `rscs1` over UDP. */
export const SVCID_RSCS1_UDP = SVCID_UDP(10001);
/** `rscs2` over UDP. */
export const SVCID_RSCS2_UDP = SVCID_UDP(10002);
/** `rscs3` over UDP. */
export const SVCID_RSCS3_UDP = SVCID_UDP(10003);
/** `rscs4` over UDP. */
export const SVCID_RSCS4_UDP = SVCID_UDP(10004);
/** `rscs5` over UDP. */
export const SVCID_RSCS5_UDP = SVCID_UDP(10005);
/** `rscs6` over UDP. */
export const SVCID_RSCS6_UDP = SVCID_UDP(10006);
/** `rscs7` over UDP. */
export const SVCID_RSCS7_UDP = SVCID_UDP(10007);
/** `rscs8` over UDP. */
export const SVCID_RSCS8_UDP = SVCID_UDP(10008);
/** `rscs9` over UDP. */
export const SVCID_RSCS9_UDP = SVCID_UDP(10009);
/** `rscsa` over UDP. */
export const SVCID_RSCSA_UDP = SVCID_UDP(10010);
/** `rscsb` over UDP. */
export const SVCID_RSCSB_UDP = SVCID_UDP(10011);
/** `qmaster` over UDP. */
export const SVCID_QMASTER_UDP = SVCID_UDP(10012);

// ---- NetWare services ----

/** NetWare print-queue. */
export const SVCID_PRINT_QUEUE = SVCID_NETWARE(0x3);
/** NetWare file-server. */
export const SVCID_FILE_SERVER = SVCID_NETWARE(0x4);
/** NetWare job-server. */
export const SVCID_JOB_SERVER = SVCID_NETWARE(0x5);
/** NetWare gateway. */
export const SVCID_GATEWAY = SVCID_NETWARE(0x6);
/** NetWare print-server. */
export const SVCID_PRINT_SERVER = SVCID_NETWARE(0x7);
/** NetWare archive-queue. */
export const SVCID_ARCHIVE_QUEUE = SVCID_NETWARE(0x8);
/** NetWare archive-server. */
export const SVCID_ARCHIVE_SERVER = SVCID_NETWARE(0x9);
/** NetWare job-queue. */
export const SVCID_JOB_QUEUE = SVCID_NETWARE(0xa);
/** NetWare administration. */
export const SVCID_ADMINISTRATION = SVCID_NETWARE(0xb);
/** NetWare nas-sna-gateway. */
export const SVCID_NAS_SNA_GATEWAY = SVCID_NETWARE(0x21);
/** NetWare remote-bridge-server. */
export const SVCID_REMOTE_BRIDGE_SERVER = SVCID_NETWARE(0x24);
/** NetWare time-synchronization-server. */
export const SVCID_TIME_SYNCHRONIZATION_SERVER = SVCID_NETWARE(0x2d);
/** NetWare archive-server-dynamic-sap. */
export const SVCID_ARCHIVE_SERVER_DYNAMIC_SAP = SVCID_NETWARE(0x2e);
/** NetWare advertising-print-server. */
export const SVCID_ADVERTISING_PRINT_SERVER = SVCID_NETWARE(0x47);
/** NetWare btrieve-vap. */
export const SVCID_BTRIEVE_VAP = SVCID_NETWARE(0x4b);
/** NetWare directory-server. */
export const SVCID_DIRECTORY_SERVER = SVCID_NETWARE(0x278);
/** NetWare netware-386. */
export const SVCID_NETWARE_386 = SVCID_NETWARE(0x107);
/** NetWare hp-print-server. */
export const SVCID_HP_PRINT_SERVER = SVCID_NETWARE(0x30c);
/** NetWare sna-server. */
export const SVCID_SNA_SERVER = SVCID_NETWARE(0x444);
/** NetWare saa-server. */
export const SVCID_SAA_SERVER = SVCID_NETWARE(0x130);

// ---- DNS record types ----

/** DNS records of type A. */
export const SVCID_DNS_TYPE_A = SVCID_DNS(0x0001);
/** DNS records of type NS. */
export const SVCID_DNS_TYPE_NS = SVCID_DNS(0x0002);
/** DNS records of type MD. */
export const SVCID_DNS_TYPE_MD = SVCID_DNS(0x0003);
/** DNS records of type MF. */
export const SVCID_DNS_TYPE_MF = SVCID_DNS(0x0004);
/** DNS records of type CNAME. */
export const SVCID_DNS_TYPE_CNAME = SVCID_DNS(0x0005);
/** DNS records of type SOA. */
export const SVCID_DNS_TYPE_SOA = SVCID_DNS(0x0006);
/** DNS records of type MB. */
export const SVCID_DNS_TYPE_MB = SVCID_DNS(0x0007);
/** DNS records of type MG. */
export const SVCID_DNS_TYPE_MG = SVCID_DNS(0x0008);
/** DNS records of type MR. */
export const SVCID_DNS_TYPE_MR = SVCID_DNS(0x0009);
/** DNS records of type NULL. */
export const SVCID_DNS_TYPE_NULL = SVCID_DNS(0x000a);
/** DNS records of type WKS. */
export const SVCID_DNS_TYPE_WKS = SVCID_DNS(0x000b);
/** DNS records of type PTR. */
export const SVCID_DNS_TYPE_PTR = SVCID_DNS(0x000c);
/** DNS records of type HINFO. */
export const SVCID_DNS_TYPE_HINFO = SVCID_DNS(0x000d);
/** DNS records of type MINFO. */
export const SVCID_DNS_TYPE_MINFO = SVCID_DNS(0x000e);
/** DNS records of type MX. */
export const SVCID_DNS_TYPE_MX = SVCID_DNS(0x000f);
/** DNS records of type TEXT. */
export const SVCID_DNS_TYPE_TEXT = SVCID_DNS(0x0010);
/** DNS records of type RP. */
export const SVCID_DNS_TYPE_RP = SVCID_DNS(0x0011);
/** DNS records of type AFSDB. */
export const SVCID_DNS_TYPE_AFSDB = SVCID_DNS(0x0012);
/** DNS records of type X25. */
export const SVCID_DNS_TYPE_X25 = SVCID_DNS(0x0013);
/** DNS records of type ISDN. */
export const SVCID_DNS_TYPE_ISDN = SVCID_DNS(0x0014);
/** DNS records of type RT. */
export const SVCID_DNS_TYPE_RT = SVCID_DNS(0x0015);
/** DNS records of type NSAP. */
export const SVCID_DNS_TYPE_NSAP = SVCID_DNS(0x0016);
/** DNS records of type NSAPPTR. */
export const SVCID_DNS_TYPE_NSAPPTR = SVCID_DNS(0x0017);
/** DNS records of type SIG. */
export const SVCID_DNS_TYPE_SIG = SVCID_DNS(0x0018);
/** DNS records of type KEY. */
export const SVCID_DNS_TYPE_KEY = SVCID_DNS(0x0019);
/** DNS records of type PX. */
export const SVCID_DNS_TYPE_PX = SVCID_DNS(0x001a);
/** DNS records of type GPOS. */
export const SVCID_DNS_TYPE_GPOS = SVCID_DNS(0x001b);
/** DNS records of type AAAA. */
export const SVCID_DNS_TYPE_AAAA = SVCID_DNS(0x001c);
/** DNS records of type LOC. */
export const SVCID_DNS_TYPE_LOC = SVCID_DNS(0x001d);
/** DNS records of type NXT. */
export const SVCID_DNS_TYPE_NXT = SVCID_DNS(0x001e);
/** DNS records of type SRV. */
export const SVCID_DNS_TYPE_SRV = SVCID_DNS(0x0021);
/** DNS records of type ATMA. */
export const SVCID_DNS_TYPE_ATMA = SVCID_DNS(0x0022);
