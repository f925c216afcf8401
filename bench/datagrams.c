// The load generator for datagrams.
//
//   datagrams echo  PORT WINDOW SIZE WARMUP SECONDS   keeps WINDOW datagrams of SIZE bytes outstanding, which the server echoes
//   datagrams flood PORT BURST  SIZE WARMUP SECONDS   sends as fast as it can, BURST per call; the server counts. The kernel
//                                                     is handed a burst in one piece where it can cut it up (UDP_SEGMENT),
//                                                     so that the client is faster than any server
//
// Prints {"rate": datagrams per second, "lost": their number}: those that came back, or those that the server has counted
// between two questions. A question is a datagram of the one byte '?'; the server answers with the number it has received so
// far, as text, questions left out. Datagrams that do not come back within LOSS_MS count as lost and are replaced.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { MOST_IN_CALL = 256, MOST_BYTES = 65507, LOSS_MS = 50, ANSWER_MS = 20, ATTEMPTS = 250, ROOM = 4 << 20 };

static int s, most;
static long size;
static struct mmsghdr messages[MOST_IN_CALL];
static struct iovec vectors[MOST_IN_CALL];

static void open_socket(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  s = socket(AF_INET, SOCK_DGRAM, 0);
  int bytes = ROOM;
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address) != 0) die("socket: %s", strerror(errno));
}

static void prepare(void) {
  for (int i = 0; i < MOST_IN_CALL; i++) {
    unsigned char *bytes = room((size_t)size);
    for (long at = 0; at < size; at++) bytes[at] = (unsigned char)at;
    vectors[i] = (struct iovec){bytes, (size_t)size};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
}

/** Sends some datagrams, as many as the system takes at once. */
static int send_some(int count) {
  if (count > MOST_IN_CALL) count = MOST_IN_CALL;
  int sent = sendmmsg(s, messages, (unsigned)count, 0);
  if (sent < 0 && errno == ECONNREFUSED) die("nobody receives: %s", strerror(errno));
  if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) die("sendmmsg: %s", strerror(errno));
  return sent < 0 ? 0 : sent;
}

/** Sends one burst, cut up by the kernel; the datagrams sent. */
static int send_burst(const unsigned char *burst) {
  ssize_t sent = send(s, burst, (size_t)(most * size), 0);
  if (sent < 0 && errno == ECONNREFUSED) die("nobody receives: %s", strerror(errno));
  if (sent < 0 && errno != EAGAIN && errno != ENOBUFS) die("send: %s", strerror(errno));
  return sent < 0 ? 0 : most;
}

/** The bytes of a burst when the kernel can cut it up, else NULL. */
static unsigned char *prepare_burst(void) {
  int segment = (int)size;
  if (most * size > MOST_BYTES || setsockopt(s, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) != 0) return NULL;
  unsigned char *burst = room((size_t)(most * size));
  for (int i = 0; i < most; i++) memcpy(burst + i * size, vectors[0].iov_base, (size_t)size);
  return burst;
}

static int is_readable(int timeout) {
  struct pollfd entry = {.fd = s, .events = POLLIN};
  return poll(&entry, 1, timeout) > 0;
}

/** Takes what has come back, and looks at every byte of the first and the length of all. */
static int receive_some(struct mmsghdr *taken) {
  int received = recvmmsg(s, taken, MOST_IN_CALL, MSG_DONTWAIT, NULL);
  if (received < 0 && errno != EAGAIN) die("recvmmsg: %s", strerror(errno));
  for (int i = 0; i < received; i++) {
    if (taken[i].msg_len != (unsigned)size) die("a datagram of %u bytes came back", taken[i].msg_len);
  }
  if (received > 0 && memcmp(taken[0].msg_hdr.msg_iov->iov_base, vectors[0].iov_base, (size_t)size) != 0)
    die("a datagram came back changed");
  return received < 0 ? 0 : received;
}

static void echo(void) {
  static struct mmsghdr taken[MOST_IN_CALL];
  static struct iovec rooms[MOST_IN_CALL];
  for (int i = 0; i < MOST_IN_CALL; i++) {
    rooms[i] = (struct iovec){room((size_t)size + 1), (size_t)size + 1};
    taken[i].msg_hdr = (struct msghdr){.msg_iov = &rooms[i], .msg_iovlen = 1};
  }
  Window window = open_window();
  long total = 0, lost = 0;
  int outstanding = 0;
  double t, heard = now();
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) total = lost = 0;
    if (t - heard > SILENCE_MS / 1000.0) die("no answer for %d ms", SILENCE_MS);
    outstanding += send_some(most - outstanding);
    if (!is_readable(LOSS_MS)) {
      lost += outstanding;
      outstanding = 0;
      continue;
    }
    int received = receive_some(taken);
    if (received > 0) heard = t;
    total += received;
    // One that was given up may come after all.
    outstanding = received > outstanding ? 0 : outstanding - received;
  }
  printf("{\"rate\":%.1f,\"lost\":%ld}\n", (double)total / (t - window.started), lost);
}

/** What the server has counted so far. The question may be lost in the flood, and is then put again. */
static long long ask(void) {
  char answer[32];
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (send(s, "?", 1, 0) != 1 && errno != ENOBUFS) die("send: %s", strerror(errno));
    if (!is_readable(ANSWER_MS)) continue;
    // Of several answers the last one counts: the earlier ones belong to questions that were given up.
    ssize_t n = -1, more;
    while ((more = recv(s, answer, sizeof answer - 1, MSG_DONTWAIT)) > 0) n = more;
    if (n <= 0) continue;
    answer[n] = 0;
    return atoll(answer);
  }
  die("the server does not tell what it has counted");
}

static void flood(void) {
  unsigned char *burst = prepare_burst();
  Window window = open_window();
  long long before = 0, sent = 0;
  double t, started = 0;
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) {
      before = ask();
      started = now();
      sent = 0;
    }
    sent += burst != NULL ? send_burst(burst) : send_some(most);
  }
  long long counted = ask() - before;
  double ended = now();
  printf("{\"rate\":%.1f,\"lost\":%lld}\n", (double)counted / (ended - started), sent - counted);
}

int main(int argc, char **argv) {
  if (argc != 7) die("usage: datagrams echo|flood PORT WINDOW SIZE WARMUP SECONDS");
  most = atoi(argv[3]);
  size = atol(argv[4]);
  set_times(argv[5], argv[6]);
  if (most < 1 || most > MOST_IN_CALL || size < 2 || size > MOST_BYTES) die("bad number or size");
  open_socket(atoi(argv[2]));
  prepare();
  if (strcmp(argv[1], "echo") == 0) echo();
  else if (strcmp(argv[1], "flood") == 0) flood();
  else die("unknown mode \"%s\"", argv[1]);
  return 0;
}
