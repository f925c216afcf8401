// The fixed load generator of the benchmark. Every server is measured with the same binary.
//
//   client ping   PORT CONNECTIONS SIZE WARMUP SECONDS   one SIZE-byte message outstanding per connection, echoed back
//   client sink   PORT CONNECTIONS SIZE WARMUP SECONDS   sends SIZE-byte blocks; the server answers the end with its count
//   client source PORT CONNECTIONS SIZE WARMUP SECONDS   receives with a SIZE-byte buffer what the server sends
//   client download PORT 1 SIZE WARMUP SECONDS           asks with one byte for SIZE bytes, then for the next SIZE
//   client http   PORT CONNECTIONS SIZE WARMUP SECONDS   HTTP/1.1 keep-alive, one request outstanding per connection;
//                                                        every response must carry SIZE bytes of the pattern
//
// Prints one line of JSON: {"rate": ...} per second (messages, bytes or responses), with latencies for one connection.
// Bytes are checked all along: the pattern is byte i = i modulo 256 for streams, and differs from message to message for
// pings. A wrong byte, an error, or 5 seconds of silence end the program with status 2 and a message.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum { MOST_CONNECTIONS = 1024, HEADER_ROOM = 4096, LATENCIES = 1 << 22, SOURCE_SLACK = 256, DOWNLOAD_BUFFER = 1 << 18 };

typedef struct {
  int socket;
  unsigned sequence;
  // Ping: bytes of the present message sent and received. HTTP: bytes of the present response received.
  long sent, received;
  // HTTP: where the body begins; 0 while the header is not complete.
  long body;
  unsigned char *out, *in;
} Connection;

static Connection connections[MOST_CONNECTIONS];
static int connection_count;
static long size;

/** `recv`; a program that was stopped and goes on has it again. */
static ssize_t receive(int s, void *buffer, size_t length, int flags) {
  ssize_t n;
  do {
    n = recv(s, buffer, length, flags);
  } while (n < 0 && errno == EINTR);
  return n;
}

/** `send`, in the same way. */
static ssize_t transmit(int s, const void *buffer, size_t length) {
  ssize_t n;
  do {
    n = send(s, buffer, length, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n;
}

static int connect_to(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int attempt = 0; attempt < 100; attempt++) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0) die("socket: %s", strerror(errno));
    if (connect(s, (struct sockaddr *)&address, sizeof address) == 0) {
      int on = 1;
      setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      struct timeval silence = {SILENCE_MS / 1000, 0};
      setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
      setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
      return s;
    }
    close(s);
    usleep(20000);
  }
  die("connect to port %d: %s", port, strerror(errno));
  return -1;
}

static void make_non_blocking(int s) {
  if (fcntl(s, F_SETFL, O_NONBLOCK) != 0) die("fcntl: %s", strerror(errno));
}

/** A message that tells connection and sequence apart, so that bytes of another message are noticed. */
static void fill_ping(unsigned char *out, int connection, unsigned sequence) {
  for (long i = 0; i < size && i < 8; i++) {
    unsigned word = i < 4 ? sequence : (unsigned)connection;
    out[i] = (unsigned char)(word >> (8 * (i & 3)));
  }
}

static void prepare_pings(void) {
  for (int i = 0; i < connection_count; i++) {
    connections[i].out = room((size_t)size);
    connections[i].in = room((size_t)size);
    for (long at = 0; at < size; at++) connections[i].out[at] = (unsigned char)at;
    fill_ping(connections[i].out, i, 0);
  }
}

static int by_value(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

/** One connection: blocking calls, and each round trip's time. */
static void ping_one(void) {
  Connection *c = &connections[0];
  float *latencies = room(sizeof(float) * LATENCIES);
  long count = 0;
  Window window = open_window();
  double t = now();
  for (;;) {
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) count = 0;
    fill_ping(c->out, 0, ++c->sequence);
    for (long sent = 0; sent < size;) {
      ssize_t n = transmit(c->socket, c->out + sent, (size_t)(size - sent));
      if (n <= 0) die("send: %s", strerror(errno));
      sent += n;
    }
    for (long received = 0; received < size;) {
      ssize_t n = receive(c->socket, c->in + received, (size_t)(size - received), 0);
      if (n <= 0) die("recv: %s", n == 0 ? "connection closed" : strerror(errno));
      received += n;
    }
    if (memcmp(c->in, c->out, (size_t)size) != 0) die("message %u came back changed", c->sequence);
    double after = now();
    latencies[count % LATENCIES] = (float)((after - t) * 1e6);
    count++;
    t = after;
  }
  if (count == 0) die("no message came back within the measurement");
  long known = count < LATENCIES ? count : LATENCIES;
  qsort(latencies, (size_t)known, sizeof *latencies, by_value);
  printf("{\"rate\":%.1f,\"p50\":%.2f,\"p99\":%.2f}\n", (double)count / (t - window.started),
         (double)latencies[known / 2], (double)latencies[(long)((double)known * 0.99)]);
}

/** Sends what is left of a connection's message; the rest follows when there is room. */
static void go_on_sending(Connection *c) {
  while (c->sent < size) {
    ssize_t n = transmit(c->socket, c->out + c->sent, (size_t)(size - c->sent));
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("send: %s", strerror(errno));
    c->sent += n;
  }
}

static int watch_all(unsigned events) {
  int set = epoll_create1(0);
  if (set < 0) die("epoll_create1: %s", strerror(errno));
  for (int i = 0; i < connection_count; i++) {
    make_non_blocking(connections[i].socket);
    struct epoll_event event = {.events = events, .data.u32 = (unsigned)i};
    if (epoll_ctl(set, EPOLL_CTL_ADD, connections[i].socket, &event) != 0) die("epoll_ctl: %s", strerror(errno));
  }
  return set;
}

static int wait_for_events(int set, struct epoll_event *events) {
  int ready = epoll_wait(set, events, MOST_CONNECTIONS, SILENCE_MS);
  if (ready == 0) die("no answer for %d ms", SILENCE_MS);
  if (ready < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
  return ready;
}

/** Many connections: an epoll loop, level-triggered. */
static void ping_many(void) {
  // Messages that fill the socket's buffer need EPOLLOUT; small ones never wait, and level-triggered EPOLLOUT would spin.
  unsigned interest = EPOLLIN | (size > 16384 ? (unsigned)(EPOLLOUT | EPOLLET) : 0u);
  int set = watch_all(interest);
  static struct epoll_event events[MOST_CONNECTIONS];
  for (int i = 0; i < connection_count; i++) go_on_sending(&connections[i]);
  Window window = open_window();
  long count = 0;
  double t;
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) count = 0;
    int ready = wait_for_events(set, events);
    for (int e = 0; e < ready; e++) {
      int index = (int)events[e].data.u32;
      Connection *c = &connections[index];
      go_on_sending(c);
      for (;;) {
        ssize_t n = receive(c->socket, c->in + c->received, (size_t)(size - c->received), 0);
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) die("recv: %s", n == 0 ? "connection closed" : strerror(errno));
        c->received += n;
        if (c->received < size) {
          if ((interest & EPOLLET) != 0) continue;
          break;
        }
        if (memcmp(c->in, c->out, (size_t)size) != 0) die("message %u of connection %d came back changed", c->sequence, index);
        count++;
        c->received = c->sent = 0;
        fill_ping(c->out, index, ++c->sequence);
        go_on_sending(c);
        if ((interest & EPOLLET) == 0) break;
      }
    }
  }
  printf("{\"rate\":%.1f}\n", (double)count / (t - window.started));
}

/** Sends as fast as the server takes it; then ends the stream and compares counts. */
static void sink(void) {
  int s = connections[0].socket;
  unsigned char *block = room((size_t)size);
  for (long at = 0; at < size; at++) block[at] = (unsigned char)at;
  Window window = open_window();
  long long total = 0, before = 0;
  double t;
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) before = total;
    ssize_t n = transmit(s, block, (size_t)size);
    if (n <= 0) die("send: %s", strerror(errno));
    total += n;
    // Whole blocks, so that the stream stays the pattern over and over.
    while (n < size) {
      ssize_t more = transmit(s, block + n, (size_t)(size - n));
      if (more <= 0) die("send: %s", strerror(errno));
      n += more;
      total += more;
    }
  }
  shutdown(s, SHUT_WR);
  char answer[32] = {0};
  for (size_t got = 0; got + 1 < sizeof answer && strchr(answer, '\n') == NULL;) {
    ssize_t n = receive(s, answer + got, sizeof answer - 1 - got, 0);
    if (n < 0) die("waiting for the server's count: %s", strerror(errno));
    if (n == 0) break;
    got += (size_t)n;
  }
  if (atoll(answer) != total) die("%lld bytes were sent, the server counted \"%s\"", total, answer);
  printf("{\"rate\":%.0f}\n", (double)(total - before) / (t - window.started));
}

/** Receives as fast as the server sends; the stream is the pattern, wherever a receive begins. */
static void source(void) {
  int s = connections[0].socket;
  unsigned char *block = room((size_t)size), *pattern = room((size_t)size + SOURCE_SLACK);
  for (long at = 0; at < size + SOURCE_SLACK; at++) pattern[at] = (unsigned char)at;
  Window window = open_window();
  long long total = 0, before = 0;
  unsigned turn = 0;
  double t;
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) before = total;
    ssize_t n = receive(s, block, (size_t)size, 0);
    if (n <= 0) die("recv: %s", n == 0 ? "connection closed" : strerror(errno));
    // The ends of every block, and every 16th in full: a full comparison each time would cost the client its speed.
    const unsigned char *expected = pattern + (total & 0xff);
    if (block[0] != expected[0] || block[n - 1] != expected[n - 1] ||
        ((turn++ & 15) == 0 && memcmp(block, expected, (size_t)n) != 0)) {
      die("wrong bytes after %lld of the stream", total);
    }
    total += n;
  }
  printf("{\"rate\":%.0f}\n", (double)(total - before) / (t - window.started));
}

/** Asks for a file over and over; what comes is the pattern, SIZE bytes each time. */
static void download(void) {
  int s = connections[0].socket;
  unsigned char *block = room(DOWNLOAD_BUFFER), *pattern = room(DOWNLOAD_BUFFER + SOURCE_SLACK);
  for (long at = 0; at < DOWNLOAD_BUFFER + SOURCE_SLACK; at++) pattern[at] = (unsigned char)at;
  Window window = open_window();
  long long total = 0, before = 0;
  long left = 0;
  unsigned turn = 0;
  double t;
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) before = total;
    if (left == 0) {
      if (transmit(s, "?", 1) != 1) die("send: %s", strerror(errno));
      left = size;
    }
    ssize_t n = receive(s, block, DOWNLOAD_BUFFER, 0);
    if (n <= 0) die("recv: %s, %ld bytes of a file of %ld are missing", n == 0 ? "connection closed" : strerror(errno), left, size);
    if (n > left) die("%ld bytes more than the file of %ld has", (long)n - left, size);
    const unsigned char *expected = pattern + ((size - left) & 0xff);
    if (block[0] != expected[0] || block[n - 1] != expected[n - 1] ||
        ((turn++ & 15) == 0 && memcmp(block, expected, (size_t)n) != 0)) {
      die("wrong bytes after %ld of a file", size - left);
    }
    total += n;
    left -= n;
  }
  printf("{\"rate\":%.0f}\n", (double)(total - before) / (t - window.started));
}

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n";

static void ask(Connection *c) {
  ssize_t n = transmit(c->socket, REQUEST, sizeof REQUEST - 1);
  if (n != (ssize_t)(sizeof REQUEST - 1)) die("a request was sent in part: %zd bytes", n);
  c->received = c->body = 0;
}

/** Looks at the header once it is complete: status 200, and as many bytes as are expected. */
static void read_header(Connection *c) {
  c->in[c->received] = 0;
  char *text = (char *)c->in;
  char *end = strstr(text, "\r\n\r\n");
  if (end == NULL) return;
  if (strncmp(text, "HTTP/1.1 200 ", 13) != 0) die("unexpected status: %.40s", text);
  char *length = strcasestr(text, "\r\nContent-Length:");
  if (length == NULL || length > end) die("a response has no Content-Length");
  if (atol(length + 17) != size) die("Content-Length is %ld, expected %ld", atol(length + 17), size);
  c->body = end + 4 - text;
}

static void http(void) {
  for (int i = 0; i < connection_count; i++) connections[i].in = room((size_t)(HEADER_ROOM + size + 1));
  unsigned char *expected = room((size_t)size);
  for (long at = 0; at < size; at++) expected[at] = (unsigned char)at;
  int set = watch_all(EPOLLIN);
  static struct epoll_event events[MOST_CONNECTIONS];
  for (int i = 0; i < connection_count; i++) ask(&connections[i]);
  Window window = open_window();
  long count = 0;
  double t;
  for (;;) {
    t = now();
    int told = tick(&window, t);
    if (told < 0) break;
    if (told > 0) count = 0;
    int ready = wait_for_events(set, events);
    for (int e = 0; e < ready; e++) {
      Connection *c = &connections[events[e].data.u32];
      ssize_t n = receive(c->socket, c->in + c->received, (size_t)(HEADER_ROOM + size - c->received), 0);
      if (n < 0 && errno == EAGAIN) continue;
      if (n <= 0) die("recv: %s", n == 0 ? "connection closed" : strerror(errno));
      c->received += n;
      if (c->body == 0) read_header(c);
      if (c->body == 0) {
        if (c->received >= HEADER_ROOM) die("a header is longer than %d bytes", HEADER_ROOM);
        continue;
      }
      if (c->received < c->body + size) continue;
      if (c->received > c->body + size) die("more bytes than the response has");
      if (memcmp(c->in + c->body, expected, (size_t)size) != 0) die("a response's body is wrong");
      count++;
      ask(c);
    }
  }
  printf("{\"rate\":%.1f}\n", (double)count / (t - window.started));
}

int main(int argc, char **argv) {
  if (argc != 7) die("usage: client ping|sink|source|download|http PORT CONNECTIONS SIZE WARMUP SECONDS");
  const char *mode = argv[1];
  int port = atoi(argv[2]);
  connection_count = atoi(argv[3]);
  size = atol(argv[4]);
  set_times(argv[5], argv[6]);
  if (connection_count < 1 || connection_count > MOST_CONNECTIONS) die("1 to %d connections", MOST_CONNECTIONS);
  if (size < 1) die("bad size");
  for (int i = 0; i < connection_count; i++) connections[i].socket = connect_to(port);

  if (strcmp(mode, "ping") == 0) {
    prepare_pings();
    if (connection_count == 1) ping_one();
    else ping_many();
  } else if (strcmp(mode, "sink") == 0) sink();
  else if (strcmp(mode, "source") == 0) source();
  else if (strcmp(mode, "download") == 0) download();
  else if (strcmp(mode, "http") == 0) http();
  else die("unknown mode \"%s\"", mode);
  return 0;
}
