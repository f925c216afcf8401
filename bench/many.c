// The load generator for very many connections: opens them, holds them, and has them echoed.
//
//   many PORT CONNECTIONS SIZE WARMUP SECONDS
//
// Opens the connections from several loopback addresses, 127.0.0.1 and up, as one address has ports for some 28,000 only. At most
// IN_FLIGHT of them are on their way: one counts as opened when the server has echoed its first message. Then prints
// {"connected": N, "rate": connections per second} and waits for a line on its standard input: "run" has every connection
// echo one message after the other, and prints {"rate": messages per second, "least": messages of the connection with
// the fewest}; the end of the input closes everything by resets, which leave no ports behind.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum { IN_FLIGHT = 100, PER_ADDRESS = 4000, BATCH = 512, SPARE_DESCRIPTORS = 32, MOST_BYTES = 4096 };
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

typedef struct {
  int socket;
  unsigned sequence;
  long received;
  long count;
} Connection;

static Connection *connections;
static int connection_count, set;
static long size;
static unsigned char expected[MOST_BYTES], incoming[MOST_BYTES];

/** As many descriptors as the system lets this process have. */
static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) die("getrlimit: %s", strerror(errno));
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < (rlim_t)(connection_count + SPARE_DESCRIPTORS))
    die("%d connections need more descriptors than the %ld allowed here", connection_count, (long)limit.rlim_max);
}

static void begin_connection(int index, int port) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (s < 0) die("socket: %s", strerror(errno));
  int on = 1;
  struct linger reset = {1, 0};
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)(index / PER_ADDRESS));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(s, (struct sockaddr *)&from, sizeof from) != 0) die("bind: %s", strerror(errno));
  if (connect(s, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
    die("connection %d: %s", index, strerror(errno));
  connections[index].socket = s;
  // Room is told once, when the connection is there.
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = (unsigned)index};
  if (epoll_ctl(set, EPOLL_CTL_ADD, s, &event) != 0) die("epoll_ctl: %s", strerror(errno));
}

static void fill(unsigned char *message, int index, unsigned sequence) {
  for (long at = 0; at < size; at++) message[at] = (unsigned char)at;
  for (int i = 0; i < 8 && i < size; i++) {
    unsigned word = i < 4 ? sequence : (unsigned)index;
    message[i] = (unsigned char)(word >> (8 * (i & 3)));
  }
}

static void ask(int index) {
  Connection *c = &connections[index];
  fill(expected, index, ++c->sequence);
  c->received = 0;
  // One small message is outstanding, so that there is always room.
  if (send(c->socket, expected, (size_t)size, MSG_NOSIGNAL) != size) die("send on connection %d: %s", index, strerror(errno));
}

/** Takes what there is of the message that comes back; 1 once it is whole. Edge-triggered: reads until nothing is left. */
static int take(int index) {
  Connection *c = &connections[index];
  while (c->received < size) {
    ssize_t n = recv(c->socket, incoming, (size_t)(size - c->received), 0);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n <= 0) die("recv on connection %d: %s", index, n == 0 ? "connection closed" : strerror(errno));
    fill(expected, index, c->sequence);
    if (memcmp(incoming, expected + c->received, (size_t)n) != 0) die("message %u of connection %d came back changed", c->sequence, index);
    c->received += n;
  }
  c->count++;
  return 1;
}

static int wait_for_events(struct epoll_event *events) {
  int ready = epoll_wait(set, events, BATCH, SILENCE_MS);
  if (ready == 0) die("no answer for %d ms", SILENCE_MS);
  if (ready < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
  return ready;
}

static void open_all(int port) {
  struct epoll_event events[BATCH];
  int begun = 0, opened = 0;
  double started = now();
  while (opened < connection_count) {
    while (begun < connection_count && begun - opened < IN_FLIGHT) begin_connection(begun++, port);
    int ready = wait_for_events(events);
    for (int e = 0; e < ready; e++) {
      int index = (int)events[e].data.u32;
      Connection *c = &connections[index];
      if (c->sequence == 0) {
        if ((events[e].events & (EPOLLERR | EPOLLHUP)) != 0) die("connection %d was refused", index);
        if ((events[e].events & EPOLLOUT) != 0) ask(index);
      } else if (c->count == 0 && take(index)) {
        opened++;
      }
    }
  }
  printf("{\"connected\":%d,\"rate\":%.1f}\n", opened, opened / (now() - started));
  fflush(stdout);
}

static void run(void) {
  struct epoll_event events[BATCH];
  long total = 0;
  Window window = open_window();
  double t;
  for (int i = 0; i < connection_count; i++) {
    connections[i].count = 0;
    ask(i);
  }
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) total = 0;
    int ready = wait_for_events(events);
    for (int e = 0; e < ready; e++) {
      int index = (int)events[e].data.u32;
      if (connections[index].received >= size || !take(index)) continue;
      total++;
      ask(index);
    }
  }
  long least = connections[0].count;
  for (int i = 1; i < connection_count; i++) if (connections[i].count < least) least = connections[i].count;
  printf("{\"rate\":%.1f,\"least\":%ld}\n", (double)total / (t - window.started), least);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 6) die("usage: many PORT CONNECTIONS SIZE WARMUP SECONDS");
  int port = atoi(argv[1]);
  connection_count = atoi(argv[2]);
  size = atol(argv[3]);
  set_times(argv[4], argv[5]);
  if (connection_count < 1 || size < 8 || size > MOST_BYTES) die("bad number of connections or size");
  raise_limit();
  connections = room((size_t)connection_count * sizeof *connections);
  memset(connections, 0, (size_t)connection_count * sizeof *connections);
  if ((set = epoll_create1(0)) < 0) die("epoll_create1: %s", strerror(errno));
  open_all(port);
  char line[32];
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strcmp(line, "run\n") != 0) die("unknown command %s", line);
    run();
  }
  return 0;
}
