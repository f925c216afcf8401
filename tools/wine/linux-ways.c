// Loaded into Wine's processes on Linux: has datagram sockets behave as on Windows, where Wine leaves them Linux' ways.
//
// - A datagram that found nobody, or ran out of hops, is told of by a receive (WSAECONNRESET, WSAENETRESET): IP_RECVERR. Linux fails a send as
//   well, and calls it an error of the socket's, not something to be received.
// - A socket gets what is sent to its own groups, not to those of the whole machine: IP_MULTICAST_ALL.
// - Windows has the source of a group before the interface; Wine hands that on as it is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <time.h>
// Behind <time.h>, which it needs.
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#define NEXT(name) static __typeof__(name) *next; if (next == NULL) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define MOST 65536

static int option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

static int is_datagram(int fd) {
  int kept = errno;
  int is = option(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM && option(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_UDP;
  errno = kept;
  return is;
}

int socket(int domain, int type, int protocol) {
  NEXT(socket);
  int fd = next(domain, type, protocol);
  int on = 1;
  int off = 0;
  if (fd < 0 || !is_datagram(fd)) return fd;
  if (domain == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
  }
  setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
  return fd;
}

static ssize_t next_recvmsg(int fd, struct msghdr *message, int flags) {
  NEXT(recvmsg);
  return next(fd, message, flags);
}

/** Takes what the network answered first. Returns 0 for nothing that Windows tells of. */
static int take_error(int fd) {
  for (;;) {
    char control[512];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
    if (next_recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 0;
    option(fd, SOL_SOCKET, SO_ERROR);
    for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each != NULL; each = CMSG_NXTHDR(&message, each)) {
      if (each->cmsg_type != IP_RECVERR && each->cmsg_type != IPV6_RECVERR) continue;
      struct sock_extended_err told;
      memcpy(&told, CMSG_DATA(each), sizeof told);
      if (told.ee_errno == ECONNREFUSED) return ECONNRESET;
      int expired = told.ee_origin == SO_EE_ORIGIN_ICMP6 ? 3 : 11;
      if (told.ee_origin != SO_EE_ORIGIN_LOCAL && told.ee_type == expired) return ENETRESET;
    }
  }
}

int connect(int fd, const struct sockaddr *name, socklen_t size) {
  NEXT(connect);
  // What was answered to the datagrams before is forgotten.
  if (is_datagram(fd)) while (take_error(fd) != 0);
  return next(fd, name, size);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  if (!is_datagram(fd)) return next_recvmsg(fd, message, flags);
  int error = take_error(fd);
  if (error != 0) {
    errno = error;
    return -1;
  }
  return next_recvmsg(fd, message, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  NEXT(sendmsg);
  ssize_t sent = next(fd, message, flags);
  // It is of a datagram before this one, and stays where a receive finds it.
  if (sent < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH) && is_datagram(fd)) sent = next(fd, message, flags);
  return sent;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
  NEXT(setsockopt);
  struct {
    struct in_addr group, first, second;
  } request;
  int of_source = name == IP_ADD_SOURCE_MEMBERSHIP || name == IP_DROP_SOURCE_MEMBERSHIP || name == IP_BLOCK_SOURCE ||
                  name == IP_UNBLOCK_SOURCE;
  if (level != IPPROTO_IP || !of_source || size != sizeof request) return next(fd, level, name, value, size);
  memcpy(&request, value, sizeof request);
  struct in_addr source = request.first;
  request.first = request.second;
  request.second = source;
  return next(fd, level, name, &request, sizeof request);
}

// An error that waits is something to be read. Linux tells of it whether asked or not.

static struct {
  unsigned events;
  int is_datagram, is_added;
} watched[MOST];

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
  NEXT(epoll_ctl);
  unsigned user = event == NULL ? MOST : event->data.u32;
  if (user >= MOST) return next(epoll, operation, fd, event);
  if (operation == EPOLL_CTL_ADD) {
    watched[user].is_datagram = is_datagram(fd);
    watched[user].is_added = 0;
  }
  watched[user].events = event->events;
  if (!watched[user].is_datagram) return next(epoll, operation, fd, event);
  // Of one about which nothing is asked it would be told for ever.
  int wanted = operation != EPOLL_CTL_DEL && (event->events & (EPOLLIN | EPOLLOUT)) != 0;
  int result = 0;
  if (wanted) result = next(epoll, watched[user].is_added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, event);
  else if (watched[user].is_added) result = next(epoll, EPOLL_CTL_DEL, fd, event);
  watched[user].is_added = wanted;
  return result;
}

static unsigned as_readable(unsigned found, unsigned asked) {
  return (found & POLLERR) == 0 ? found : (found & ~POLLERR) | (asked & POLLIN);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
  NEXT(epoll_wait);
  int count = next(epoll, events, most, timeout);
  for (int index = 0; index < count; index++) {
    unsigned user = events[index].data.u32;
    if (user >= MOST || !watched[user].is_datagram) continue;
    events[index].events = as_readable(events[index].events, watched[user].events);
  }
  return count;
}

int poll(struct pollfd *all, nfds_t count, int timeout) {
  NEXT(poll);
  int found = next(all, count, timeout);
  for (nfds_t index = 0; found > 0 && index < count; index++) {
    if ((all[index].revents & POLLERR) == 0 || !is_datagram(all[index].fd)) continue;
    all[index].revents = as_readable(all[index].revents, all[index].events);
  }
  return found;
}
