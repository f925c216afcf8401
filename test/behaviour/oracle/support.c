/* What the generated program stands on: the trace's raw lines, and what scenarios use besides WinSock itself.
 *
 * One line per step: its number, the result, the last error, and what the call wrote, parted by tabs. Everything is
 * as raw as can be: test/behaviour/oracle/trace.ts gives names to handles, ports, errors and flags, for this program and for
 * this project alike. */
#define _WIN32_WINNT 0x0A00
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdarg.h>
#include <stdio.h>
#include <fcntl.h>
#include <io.h>

/* Not in mingw's headers. */
#ifndef SIO_IDEAL_SEND_BACKLOG_QUERY
#define SIO_IDEAL_SEND_BACKLOG_QUERY 0x4004747B
#endif

#define SENTINEL 424242
#define SHORT_WAIT 100
#define LONG_WAIT 5000
#define KEEP (-999)
#define BAD ((void *)1)

typedef struct { WSAOVERLAPPED o; int id; } OV;

static char outs[1 << 20];
static size_t outs_length;

static void out(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  outs_length += vsnprintf(outs + outs_length, sizeof outs - outs_length, format, arguments);
  va_end(arguments);
}

static void out_bytes(const void *bytes, size_t size) {
  const unsigned char *b = bytes;
  size_t i;
  for (i = 0; i < size; i++) out("%02x", b[i]);
}

/* At most 256 bytes, and a check sum of all. */
static void out_room(const char *label, const void *room, size_t size) {
  unsigned sum = 0;
  size_t i;
  out("\troom:%s=", label);
  out_bytes(room, size < 256 ? size : 256);
  if (size <= 256) return;
  for (i = 0; i < size; i++) sum = sum * 31 + ((const unsigned char *)room)[i];
  out("+%u", sum);
}

static void out_ref(const char *label, int value) { out("\tref:%s=%d", label, value); }
static void out_overlapped(const char *label, int id) { out("\tov:%s=%d", label, id); }

static void out_set(const char *label, const fd_set *set) {
  u_int i;
  out("\tset:%s=", label);
  for (i = 0; i < set->fd_count; i++) out("%s%d", i ? "," : "", (int)set->fd_array[i]);
}

static void out_polls(const char *label, const WSAPOLLFD *polls, int count) {
  int i;
  out("\tpolls:%s=", label);
  for (i = 0; i < count; i++) out("%s%d", i ? "," : "", polls[i].revents);
}

static void out_text(const char *label, const char *text) {
  out("\ttext:%s=%s", label, (unsigned char)text[0] == 0xEE ? "?" : text);
}

static int step_number;
static void begin(int number) {
  step_number = number;
  outs_length = 0;
  outs[0] = 0;
  WSASetLastError(SENTINEL);
}
static int after(void) { return WSAGetLastError(); }
static void end_number(long long result, int error) {
  printf("%d\t%lld\t%d%s\n", step_number, result, error, outs);
  fflush(stdout);
}
static void end_text(const char *result, int error) {
  printf("%d\t%s\t%d%s\n", step_number, result ? result : "NULL", error, outs);
  fflush(stdout);
}

/* Arguments. None of these changes the last error. */

static void *ip(const char *address, int port, int family) {
  static struct sockaddr_storage names[4];
  static int next;
  struct sockaddr_storage *name = &names[next++ & 3];
  unsigned a, b, c, d;
  memset(name, 0, sizeof *name);
  if (strchr(address, ':')) {
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)name;
    six->sin6_family = AF_INET6;
    six->sin6_port = (u_short)(port << 8 | port >> 8);
    if (!strcmp(address, "::1")) six->sin6_addr.s6_addr[15] = 1;
    else if (!strcmp(address, "::ffff:127.0.0.1")) memcpy(six->sin6_addr.s6_addr + 10, "\xff\xff\x7f\0\0\1", 6);
  } else {
    struct sockaddr_in *four = (struct sockaddr_in *)name;
    sscanf(address, "%u.%u.%u.%u", &a, &b, &c, &d);
    four->sin_family = (u_short)family;
    four->sin_port = (u_short)(port << 8 | port >> 8);
    four->sin_addr.s_addr = a | b << 8 | c << 16 | d << 24;
  }
  return name;
}

static void *name_of(SOCKET s) {
  static struct sockaddr_storage names[4];
  static int next;
  struct sockaddr_storage *name = &names[next++ & 3];
  int length = sizeof *name, error = WSAGetLastError();
  memset(name, 0, sizeof *name);
  getsockname(s, (struct sockaddr *)name, &length);
  if (name->ss_family == AF_INET && !((struct sockaddr_in *)name)->sin_addr.s_addr)
    ((struct sockaddr_in *)name)->sin_addr.s_addr = 0x0100007F;
  WSASetLastError(error);
  return name;
}

static int port_of(SOCKET s) {
  u_short port = ((struct sockaddr_in *)name_of(s))->sin_port;
  return (u_short)(port << 8 | port >> 8);
}

static struct timeval *milliseconds(int ms) {
  static struct timeval time;
  time.tv_sec = ms / 1000;
  time.tv_usec = ms % 1000 * 1000;
  return &time;
}

static fd_set *fill_set(fd_set *set, int count, const SOCKET *sockets) {
  int i;
  set->fd_count = count;
  for (i = 0; i < count; i++) set->fd_array[i] = sockets[i];
  return set;
}

static WSAPROTOCOL_INFOA *info_of(SOCKET s, int family, int type, int protocol) {
  static WSAPROTOCOL_INFOA information;
  int length = sizeof information, error = WSAGetLastError();
  getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&information, &length);
  if (family != KEEP) information.iAddressFamily = family;
  if (type != KEEP) information.iSocketType = type;
  if (protocol != KEEP) information.iProtocol = protocol;
  WSASetLastError(error);
  return &information;
}

/* Callbacks: what they are given belongs to the step during which they run. */

static void CALLBACK routine(DWORD error, DWORD transferred, LPWSAOVERLAPPED overlapped, DWORD flags) {
  out("\tapc:=%u,%u,%d,%u", (unsigned)error, (unsigned)transferred, ((OV *)overlapped)->id, (unsigned)flags);
}

static int verdict;
static int CALLBACK ask(LPWSABUF caller, LPWSABUF callerData, LPQOS sqos, LPQOS gqos, LPWSABUF callee, LPWSABUF calleeData,
                        GROUP *group, DWORD_PTR data) {
  out("\tcondition:=");
  if (caller && caller->buf) out_bytes(caller->buf, caller->len);
  out(",");
  if (callee && callee->buf) out_bytes(callee->buf, callee->len);
  out(",%d", (int)data);
  return verdict;
}
static LPCONDITIONPROC condition(int answer) {
  verdict = answer;
  return ask;
}

static void CALLBACK user_apc(ULONG_PTR data) { out("\tuser:=%d", (int)data); }

/* WinSock functions whose structures are shown in words. */

static int own_WSAStartup(int version) {
  WSADATA data;
  int result;
  memset(&data, 0, sizeof data);
  result = WSAStartup((WORD)version, &data);
  out("\tref:wVersion=%d\tref:wHighVersion=%d", data.wVersion, data.wHighVersion);
  return result;
}

static SOCKET own_WSADuplicateSocketA(SOCKET s) {
  WSAPROTOCOL_INFOA information;
  if (WSADuplicateSocketA(s, GetCurrentProcessId(), &information)) return INVALID_SOCKET;
  return WSASocketA(0, 0, 0, &information, 0, 0);
}

/* To the port of a socket, or to the service that is named. */
static int own_WSAConnectByNameA(SOCKET s, const char *node, const char *service, SOCKET port, void *local, void *remote) {
  char number[16];
  DWORD localLength = local ? 28 : 0, remoteLength = remote ? 28 : 0;
  int result, error = WSAGetLastError();
  struct timeval patience = {5, 0};
  if (port != INVALID_SOCKET) sprintf(number, "%d", port_of(port)), service = number;
  WSASetLastError(error);
  result = WSAConnectByNameA(s, node, service, &localLength, local, &remoteLength, remote, &patience, NULL);
  out("\tref:LocalAddressLength=%d\tref:RemoteAddressLength=%d", (int)localLength, (int)remoteLength);
  return result;
}

/* Only that there is a list, and what length it takes, in structures. */
static int own_WSAEnumProtocolsA(int *length) {
  static char room[65536];
  int protocols[] = {IPPROTO_TCP, 0}, before = *length, result;
  result = WSAEnumProtocolsA(protocols, before ? (void *)room : NULL, (DWORD *)length);
  if (*length != before) *length /= (int)sizeof(WSAPROTOCOL_INFOA);
  return result;
}

static void out_events(const WSANETWORKEVENTS *events) {
  int i;
  out("\tevents:=%d", (int)events->lNetworkEvents);
  for (i = 0; i < FD_MAX_EVENTS; i++)
    if (events->lNetworkEvents & 1 << i) out(",%d", events->iErrorCode[i]);
}

static int own_WSAEnumNetworkEvents(SOCKET s, ULONG_PTR event, int given) {
  WSANETWORKEVENTS events;
  int result;
  memset(&events, 0, sizeof events);
  result = WSAEnumNetworkEvents(s, (WSAEVENT)event, given ? &events : NULL);
  if (!result) out_events(&events);
  return result;
}

static int own_WSAHtons(SOCKET s, int value, int *net) {
  return WSAHtons(s, (u_short)value, (u_short *)net);
}
static int own_WSANtohs(SOCKET s, int value, int *host) {
  return WSANtohs(s, (u_short)value, (u_short *)host);
}

static const char *own_inet_ntoa(unsigned value) {
  struct in_addr address;
  address.s_addr = value;
  return inet_ntoa(address);
}

static const char *own_inet_ntop(int family, const void *address, int size) {
  static char text[128];
  return inet_ntop(family, address, text, size);
}

static char words[4096];
static size_t words_length;
static void word(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  words_length += vsnprintf(words + words_length, sizeof words - words_length, format, arguments);
  va_end(arguments);
}
static void words_begin(void) { words[words_length = 0] = 0; }

static const char *host_words(const struct hostent *host) {
  char **address;
  if (!host) return NULL;
  words_begin();
  word("%s type %d length %d", host->h_name, host->h_addrtype, host->h_length);
  for (address = host->h_addr_list; *address; address++) {
    const unsigned char *b = (const unsigned char *)*address;
    word(" %d.%d.%d.%d", b[0], b[1], b[2], b[3]);
  }
  return words;
}
static const char *own_gethostbyname(const char *name) { return host_words(gethostbyname(name)); }
static const char *own_gethostbyaddr(const char *address, int length, int type) {
  return host_words(gethostbyaddr(address, length, type));
}

static const char *service_words(const struct servent *service) {
  if (!service) return NULL;
  words_begin();
  word("%s %d/%s", service->s_name, (u_short)((u_short)service->s_port << 8 | (u_short)service->s_port >> 8), service->s_proto);
  return words;
}
static const char *own_getservbyname(const char *name, const char *protocol) {
  return service_words(getservbyname(name, protocol));
}
static const char *own_getservbyport(int port, const char *protocol) { return service_words(getservbyport(port, protocol)); }

static const char *protocol_words(const struct protoent *protocol) {
  char **alias;
  if (!protocol) return NULL;
  words_begin();
  word("%s %d", protocol->p_name, protocol->p_proto);
  for (alias = protocol->p_aliases; *alias; alias++) word(" %s", *alias);
  return words;
}
static const char *own_getprotobyname(const char *name) { return protocol_words(getprotobyname(name)); }
static const char *own_getprotobynumber(int number) { return protocol_words(getprotobynumber(number)); }

/* What getaddrinfo finds, in its order; or its error. */
static const char *own_getaddrinfo(const char *node, const char *service, int flags, int family, int type, int protocol) {
  struct addrinfo hints, *found = NULL, *one;
  int error;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = flags, hints.ai_family = family, hints.ai_socktype = type, hints.ai_protocol = protocol;
  error = getaddrinfo(node, service, &hints, &found);
  words_begin();
  if (error) word("error %d", error);
  for (one = found; one; one = one->ai_next) {
    char host[64], port[16];
    getnameinfo(one->ai_addr, (socklen_t)one->ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    word("%s%d %d %d %s %s%s%s", one == found ? "" : "; ", one->ai_family, one->ai_socktype, one->ai_protocol, host, port,
         one->ai_canonname ? " called " : "", one->ai_canonname ? one->ai_canonname : "");
  }
  if (found) freeaddrinfo(found);
  return words;
}

static const char *own_getnameinfo(const void *address, int length, int flags) {
  char host[256] = "", service[64] = "";
  int error = getnameinfo(address, length, host, sizeof host, service, sizeof service, flags);
  words_begin();
  if (error) word("error %d", error);
  else word("%s %s", host, service);
  return words;
}

/* Waits for the message that tells of a request; its error, which is 0 when `room` holds a structure. */
static char async_room[MAXGETHOSTSTRUCT];
static int async_error(HANDLE request, ULONG_PTR window) {
  MSG message;
  int waited;
  if (!request) return -1;
  for (waited = 0; waited < 5000; waited++) {
    if (PeekMessageA(&message, (HWND)window, WM_USER, WM_USER, PM_REMOVE))
      return message.wParam == (WPARAM)request ? WSAGETASYNCERROR(message.lParam) : -3;
    Sleep(1);
  }
  return -2;
}
static const char *async_words(int error, const char *found) {
  static char told[64];
  if (!error) return found;
  sprintf(told, "error %d", error);
  return told;
}
static const char *own_WSAAsyncGetServByName(ULONG_PTR window, const char *name, const char *protocol, int length) {
  int error = async_error(WSAAsyncGetServByName((HWND)window, WM_USER, name, protocol, async_room, length), window);
  return async_words(error, error ? NULL : service_words((struct servent *)async_room));
}
static const char *own_WSAAsyncGetServByPort(ULONG_PTR window, int port, const char *protocol, int length) {
  int error = async_error(WSAAsyncGetServByPort((HWND)window, WM_USER, port, protocol, async_room, length), window);
  return async_words(error, error ? NULL : service_words((struct servent *)async_room));
}
static const char *own_WSAAsyncGetProtoByName(ULONG_PTR window, const char *name, int length) {
  int error = async_error(WSAAsyncGetProtoByName((HWND)window, WM_USER, name, async_room, length), window);
  return async_words(error, error ? NULL : protocol_words((struct protoent *)async_room));
}
static const char *own_WSAAsyncGetProtoByNumber(ULONG_PTR window, int number, int length) {
  int error = async_error(WSAAsyncGetProtoByNumber((HWND)window, WM_USER, number, async_room, length), window);
  return async_words(error, error ? NULL : protocol_words((struct protoent *)async_room));
}
static const char *own_WSAAsyncGetHostByName(ULONG_PTR window, const char *name, int length) {
  int error = async_error(WSAAsyncGetHostByName((HWND)window, WM_USER, name, async_room, length), window);
  return async_words(error, error ? NULL : host_words((struct hostent *)async_room));
}

/* The extensions, whose addresses WSAIoctl gives. */

static void *extension(const GUID *guid) {
  static SOCKET s = INVALID_SOCKET;
  void *function = NULL;
  DWORD bytes;
  int error = WSAGetLastError();
  if (s == INVALID_SOCKET) s = socket(AF_INET, SOCK_STREAM, 0);
  WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, (void *)guid, sizeof *guid, &function, sizeof function, &bytes, NULL, NULL);
  WSASetLastError(error);
  return function;
}
static const GUID CONNECT_EX = WSAID_CONNECTEX, DISCONNECT_EX = WSAID_DISCONNECTEX, RECV_MSG = WSAID_WSARECVMSG;
#define ConnectEx ((LPFN_CONNECTEX)extension(&CONNECT_EX))
#define DisconnectEx ((LPFN_DISCONNECTEX)extension(&DISCONNECT_EX))

static int own_WSARecvMsg(SOCKET s, WSAMSG *message, int *bytes, OV *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE completed) {
  int result = ((LPFN_WSARECVMSG)extension(&RECV_MSG))(s, message, (DWORD *)bytes, (WSAOVERLAPPED *)overlapped, completed);
  return result;
}

static const char *own_GetAcceptExSockaddrs(void *room, int data, int local, int remote) {
  struct sockaddr *localName = NULL, *remoteName = NULL;
  int localLength = -1, remoteLength = -1;
  GetAcceptExSockaddrs(room, data, local, remote, &localName, &localLength, &remoteName, &remoteLength);
  words_begin();
  word("%d %d", localLength, remoteLength);
  out("\taddress:local=");
  if (localName) out_bytes(localName, 16);
  out("\taddress:remote=");
  if (remoteName) out_bytes(remoteName, 16);
  return words;
}

/* Win32. */

static unsigned own_SleepEx(int ms, int alertable) { return SleepEx(ms, alertable); }
static void own_queueApc(void) { QueueUserAPC(user_apc, GetCurrentThread(), 7); }
static ULONG_PTR own_CreateWindow(void) {
  return (ULONG_PTR)CreateWindowA("STATIC", "oracle", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
}
static int own_DestroyWindow(ULONG_PTR window) { return DestroyWindow((HWND)window); }
static ULONG_PTR own_CreateIoCompletionPort(ULONG_PTR handle, ULONG_PTR port, int key) {
  HANDLE file = handle ? (HANDLE)handle : INVALID_HANDLE_VALUE;
  return (ULONG_PTR)CreateIoCompletionPort(file, (HANDLE)port, key, 0);
}
static int own_GetQueuedCompletionStatus(ULONG_PTR port, int *bytes, int *key, int *overlapped, int ms) {
  DWORD count = *bytes;
  ULONG_PTR k = *key;
  OVERLAPPED *o = BAD;
  int result = GetQueuedCompletionStatus((HANDLE)port, &count, &k, &o, ms);
  *bytes = count;
  *key = (int)k;
  *overlapped = o == BAD ? -1 : o ? ((OV *)o)->id : 0;
  return result;
}
static int own_PostQueuedCompletionStatus(ULONG_PTR port, int bytes, int key, void *overlapped) {
  return PostQueuedCompletionStatus((HANDLE)port, bytes, key, overlapped);
}
static int own_CloseHandle(ULONG_PTR handle) { return CloseHandle((HANDLE)handle); }

static ULONG_PTR own_file(const char *content) {
  char folder[MAX_PATH], path[MAX_PATH];
  HANDLE file;
  DWORD written;
  GetTempPathA(sizeof folder, folder);
  GetTempFileNameA(folder, "ora", 0, path);
  file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
  WriteFile(file, content, strlen(content), &written, NULL);
  SetFilePointer(file, 0, NULL, FILE_BEGIN);
  return (ULONG_PTR)file;
}

/* What a program would do with WinSock, in one word. */

static int own_waitFor(SOCKET s, const char *what) {
  fd_set set, *read = NULL, *write = NULL, *except = NULL;
  set.fd_count = 1;
  set.fd_array[0] = s;
  if (!strcmp(what, "readable")) read = &set;
  else if (!strcmp(what, "writable")) write = &set;
  else except = &set;
  return select(0, read, write, except, milliseconds(LONG_WAIT));
}

static const char *own_networkEvents(SOCKET s, ULONG_PTR event, int ms) {
  WSANETWORKEVENTS events;
  HANDLE handle = (HANDLE)event;
  int signalled = WSAWaitForMultipleEvents(1, &handle, FALSE, ms, FALSE) == WSA_WAIT_EVENT_0;
  if (signalled) Sleep(SHORT_WAIT);
  memset(&events, 0, sizeof events);
  if (WSAEnumNetworkEvents(s, handle, &events)) return "failed";
  out_events(&events);
  return signalled ? "signalled" : "not signalled";
}

static const char *own_messages(ULONG_PTR window, int ms) {
  MSG message;
  int count = 0;
  MsgWaitForMultipleObjects(0, NULL, FALSE, ms, QS_ALLINPUT | QS_ALLPOSTMESSAGE);
  Sleep(SHORT_WAIT);
  words_begin();
  while (PeekMessageA(&message, (HWND)window, 0, 0, PM_REMOVE)) {
    if (message.message < WM_USER) continue;
    out("\tmessage:=%d,%d,%d,%d", (int)message.message, (int)message.wParam, LOWORD(message.lParam), HIWORD(message.lParam));
    count++;
  }
  word("%d", count);
  return words;
}

static const char *own_triple(SOCKET s) {
  WSAPROTOCOL_INFOA information;
  int length = sizeof information;
  if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&information, &length)) return "failed";
  words_begin();
  word("%d %d %d", information.iAddressFamily, information.iSocketType, information.iProtocol);
  return words;
}

static void own_show(const void *room) { (void)room; }

static void own_setStatus(OV *ov, unsigned status) {
  ov->o.Internal = status;
  ov->o.InternalHigh = 5;
}

static const char *own_showOverlapped(const OV *ov) {
  words_begin();
  word("Internal %08x InternalHigh %u", (unsigned)ov->o.Internal, (unsigned)ov->o.InternalHigh);
  return words;
}
