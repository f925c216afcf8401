import { databaseOf, type Database } from './database.js';
import { SERVICE_LINES, type ServiceEntry } from './services.js';

let services: Database<ServiceEntry> | null = null;

/**
 * The services that are known where there is no services file: those that Windows' own file names, for the most part.
 */
export function builtInServices(): Database<ServiceEntry> {
  return (services ??= databaseOf(BUILT_IN, SERVICE_LINES));
}

const BUILT_IN = `
echo              7/tcp
echo              7/udp
discard           9/tcp     sink null
discard           9/udp     sink null
systat           11/tcp     users
systat           11/udp     users
daytime          13/tcp
daytime          13/udp
qotd             17/tcp     quote
qotd             17/udp     quote
chargen          19/tcp     ttytst source
chargen          19/udp     ttytst source
ftp-data         20/tcp
ftp              21/tcp
ssh              22/tcp
telnet           23/tcp
smtp             25/tcp     mail
time             37/tcp     timserver
time             37/udp     timserver
rlp              39/udp     resource
nameserver       42/tcp     name
nameserver       42/udp     name
nicname          43/tcp     whois
domain           53/tcp
domain           53/udp
bootps           67/udp     dhcps
bootpc           68/udp     dhcpc
tftp             69/udp
gopher           70/tcp
finger           79/tcp
http             80/tcp     www www-http
hosts2-ns        81/tcp
hosts2-ns        81/udp
kerberos         88/tcp     krb5 kerberos-sec
kerberos         88/udp     krb5 kerberos-sec
hostname        101/tcp     hostnames
iso-tsap        102/tcp
rtelnet         107/tcp
pop2            109/tcp     postoffice
pop3            110/tcp
sunrpc          111/tcp     rpcbind portmap
sunrpc          111/udp     rpcbind portmap
auth            113/tcp     ident tap
uucp-path       117/tcp
sqlserv         118/tcp
nntp            119/tcp     usenet
ntp             123/udp
epmap           135/tcp     loc-srv
epmap           135/udp     loc-srv
netbios-ns      137/tcp     nbname
netbios-ns      137/udp     nbname
netbios-dgm     138/udp     nbdatagram
netbios-ssn     139/tcp     nbsession
imap            143/tcp     imap4
snmp            161/udp
snmptrap        162/udp     snmp-trap
print-srv       170/tcp
bgp             179/tcp
irc             194/tcp
ipx             213/udp
ldap            389/tcp
https           443/tcp     MCom
https           443/udp     MCom
microsoft-ds    445/tcp
microsoft-ds    445/udp
kpasswd         464/tcp
kpasswd         464/udp
isakmp          500/udp     ike
exec            512/tcp
biff            512/udp     comsat
login           513/tcp
who             513/udp     whod
cmd             514/tcp     shell
syslog          514/udp
printer         515/tcp     spooler
talk            517/udp
ntalk           518/udp
efs             520/tcp
router          520/udp     route routed
timed           525/udp     timeserver
tempo           526/tcp     newdate
courier         530/tcp     rpc
conference      531/tcp     chat
netnews         532/tcp     readnews
netwall         533/udp
uucp            540/tcp     uucpd
klogin          543/tcp
kshell          544/tcp     krcmd
dhcpv6-client   546/tcp
dhcpv6-client   546/udp
dhcpv6-server   547/tcp
dhcpv6-server   547/udp
rtsp            554/tcp
rtsp            554/udp
remotefs        556/tcp     rfs rfs_server
nntps           563/tcp     snntp
submission      587/tcp
ipp             631/tcp
ldaps           636/tcp     sldap
kerberos-adm    749/tcp
kerberos-adm    749/udp
rsync           873/tcp
ftps-data       989/tcp
ftps            990/tcp
telnets         992/tcp
imaps           993/tcp
ircs            994/tcp
pop3s           995/tcp     spop3
socks          1080/tcp
ms-sql-s       1433/tcp
ms-sql-s       1433/udp
ms-sql-m       1434/tcp
ms-sql-m       1434/udp
wins           1512/tcp
wins           1512/udp
l2tp           1701/udp
pptp           1723/tcp
radius         1812/udp
radacct        1813/udp
nfs            2049/tcp     nfsd
nfs            2049/udp     nfsd
mysql          3306/tcp
ms-wbt-server  3389/tcp
sip            5060/tcp
sip            5060/udp
postgresql     5432/tcp     postgres
redis          6379/tcp
directplay8    6073/udp
http-alt       8080/tcp     webcache
knetd          2053/tcp
man            9535/tcp
directplaysrvr 47624/tcp
directplaysrvr 47624/udp
`;
