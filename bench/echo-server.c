// The plain C server that the others are compared with: one thread, one level-triggered epoll set.
//
//   echo-server echo|sink|source BLOCK    prints {"port": N}; ends with its standard input, or with the program that began it
//
// echo sends back what it receives; sink counts bytes and answers the end of the stream with their number and a newline;
// source sends the pattern (byte i = i modulo 256) for as long as the peer takes it.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_DESCRIPTORS = 4096, BATCH = 256, BLOCKS_PER_TURN = 32 };

typedef struct {
  // Echo: what could not be sent yet, from `offset` to `length` of `block`.
  long offset, length;
  long long counted;
  unsigned char *block;
} Connection;

static Connection *connections[MOST_DESCRIPTORS];
static long block_size;
static int set;

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static void watch(int operation, int descriptor, unsigned events) {
  struct epoll_event event = {.events = events, .data.fd = descriptor};
  if (epoll_ctl(set, operation, descriptor, &event) != 0) fail("epoll_ctl");
}

static void accept_one(int listener, unsigned events, int is_source) {
  int s = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (s < 0) return;
  if (s >= MOST_DESCRIPTORS) {
    close(s);
    return;
  }
  int on = 1;
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connections[s] == NULL) {
    connections[s] = calloc(1, sizeof(Connection));
    if (connections[s] == NULL || (connections[s]->block = malloc((size_t)block_size)) == NULL) fail("malloc");
  }
  Connection *c = connections[s];
  c->offset = c->length = 0;
  c->counted = 0;
  if (is_source) for (long i = 0; i < block_size; i++) c->block[i] = (unsigned char)i;
  watch(EPOLL_CTL_ADD, s, events);
}

/** Sends what is pending; 1 when all of it is gone. */
static int flush(int s, Connection *c) {
  ssize_t n = send(s, c->block + c->offset, (size_t)(c->length - c->offset), MSG_NOSIGNAL);
  if (n > 0) c->offset += n;
  if (c->offset < c->length) return 0;
  c->offset = c->length = 0;
  return 1;
}

static void echo(int s, Connection *c) {
  if (c->length > 0) {
    if (!flush(s, c)) return;
    watch(EPOLL_CTL_MOD, s, EPOLLIN);
  }
  ssize_t n = recv(s, c->block, (size_t)block_size, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    close(s);
    return;
  }
  c->length = n;
  if (!flush(s, c)) watch(EPOLL_CTL_MOD, s, EPOLLOUT);
}

static void sink(int s, Connection *c) {
  ssize_t n = 0;
  for (int turn = 0; turn < BLOCKS_PER_TURN; turn++) {
    n = recv(s, c->block, (size_t)block_size, 0);
    if (n <= 0) break;
    c->counted += n;
    if (n < block_size) return;
  }
  if (n > 0 || (n < 0 && errno == EAGAIN)) return;
  if (n == 0) dprintf(s, "%lld\n", c->counted);
  close(s);
}

static void source(int s, Connection *c, unsigned events) {
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    close(s);
    return;
  }
  for (int turn = 0; turn < BLOCKS_PER_TURN; turn++) {
    // A block sent in part is gone on with where it ended, so that the stream stays the pattern.
    ssize_t n = send(s, c->block + c->offset, (size_t)(block_size - c->offset), MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      close(s);
      return;
    }
    c->offset = (c->offset + n) % block_size;
    if (c->offset != 0) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: echo-server echo|sink|source BLOCK\n", stderr);
    return 2;
  }
  int is_echo = strcmp(argv[1], "echo") == 0, is_source = strcmp(argv[1], "source") == 0;
  block_size = atol(argv[2]);
  if (block_size < 1) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 511) != 0) fail("listen");
  if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) fail("getsockname");
  set = epoll_create1(0);
  if (set < 0) fail("epoll_create1");
  watch(EPOLL_CTL_ADD, listener, EPOLLIN);
  // A pipe from the harness; a file or a closed standard input cannot be watched, and need not be.
  struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
  epoll_ctl(set, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);

  struct epoll_event events[BATCH];
  for (;;) {
    int ready = epoll_wait(set, events, BATCH, -1);
    for (int e = 0; e < ready; e++) {
      int s = events[e].data.fd;
      if (s == STDIN_FILENO) return 0;
      if (s == listener) accept_one(listener, is_source ? EPOLLIN | EPOLLOUT : EPOLLIN, is_source);
      else if (is_echo) echo(s, connections[s]);
      else if (is_source) source(s, connections[s], events[e].events);
      else sink(s, connections[s]);
    }
  }
}
