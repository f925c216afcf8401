// The numbers and layouts of the binding to Linux, compared with what the compilers of this machine say: of glibc, of musl, and for
// arm64, whose programs qemu runs.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LIBC_DECLARATIONS } from '../../../dist/platform/linux/bindings.js';
import { linuxNumbers } from '../../../dist/platform/linux/numbers.js';
import { TCP_INFO_ROOM } from '../../../dist/platform/linux/tcp-info.js';

const folder = mkdtempSync(join(tmpdir(), 'ws2spi-libraries-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LIBRARIES = [
  { name: 'this system’s C library', compiler: 'cc', packages: 'gcc libc6-dev', runner: [] },
  { name: 'musl', compiler: 'musl-gcc', packages: 'musl-tools', runner: [] },
  {
    name: 'glibc for arm64',
    compiler: 'aarch64-linux-gnu-gcc',
    packages: 'gcc-aarch64-linux-gnu qemu-user',
    runner: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
  },
];

const { errors, message, control, ...numbers } = linuxNumbers;

/** What the binding takes for granted, by the expression of C that says it. */
const FACTS: Record<string, number> = {
  ...errors.numbers,
  AF_INET6: numbers.AF_INET6,
  MSG_TRUNC: numbers.MSG_TRUNC,
  MSG_NOSIGNAL: numbers.MSG_NOSIGNAL,
  SOL_SOCKET: numbers.SOL_SOCKET,
  SO_REUSEADDR: numbers.SO_REUSEADDR,
  SO_REUSEPORT: numbers.SO_REUSEPORT,
  SO_TYPE: numbers.SO_TYPE,
  SO_ERROR: numbers.SO_ERROR,
  SO_KEEPALIVE: numbers.SO_KEEPALIVE,
  SO_LINGER: numbers.SO_LINGER,
  SO_ACCEPTCONN: numbers.SO_ACCEPTCONN,
  TCP_KEEPIDLE: numbers.TCP_KEEPIDLE,
  TCP_KEEPINTVL: numbers.TCP_KEEPINTVL,
  FIONREAD: numbers.FIONREAD,
  SIOCATMARK: numbers.SIOCATMARK,
  TIOCOUTQ: 0x5411,
  SOCK_NONBLOCK: 0x800,
  SOCK_CLOEXEC: 0x80000,
  EPOLL_CLOEXEC: 0x80000,
  TFD_NONBLOCK: 0x800,
  F_DUPFD_CLOEXEC: 1030,
  'SOCK_STREAM * 10 + SOCK_DGRAM': 12,
  'offsetof(struct msghdr, msg_name)': message.NAME * 4,
  'offsetof(struct msghdr, msg_namelen)': message.NAMELEN * 4,
  'offsetof(struct msghdr, msg_iov)': message.IOV * 4,
  'offsetof(struct msghdr, msg_iovlen)': message.IOVLEN * 4,
  'offsetof(struct msghdr, msg_control)': message.CONTROL * 4,
  'offsetof(struct msghdr, msg_controllen)': message.CONTROLLEN * 4,
  'offsetof(struct msghdr, msg_flags)': message.FLAGS * 4,
  'sizeof(struct msghdr)': message.SIZE,
  'offsetof(struct cmsghdr, cmsg_level)': control.LEVEL,
  'offsetof(struct cmsghdr, cmsg_type)': control.TYPE,
  'CMSG_LEN(0)': control.DATA,
  'CMSG_SPACE(1) - CMSG_SPACE(0)': control.ALIGNMENT,
  IP_PKTINFO: control.IP_PKTINFO,
  IP_TTL: control.IP_TTL,
  IP_TOS: control.IP_TOS,
  IPV6_PKTINFO: control.IPV6_PKTINFO,
  IPV6_HOPLIMIT: control.IPV6_HOPLIMIT,
  IPV6_TCLASS: control.IPV6_TCLASS,
  'sizeof(struct group_source_req)': 264,
  'offsetof(struct group_source_req, gsr_source)': 136,
  'sizeof(struct epoll_event) == (sizeof(void *) == 8 && IS_X64 ? 12 : 16)': 1,
  'sizeof(struct timeval)': 16,
  'sizeof(struct linger)': 8,
  [`sizeof(struct tcp_info) >= ${TCP_INFO_ROOM} || IS_OLD`]: 1,
};

const FUNCTIONS = [...Object.values(LIBC_DECLARATIONS), 'int *__errno_location()'].map(
  (each) => /(\w+)\(/.exec(each)![1]!,
);

const SOURCE = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif
#ifdef __x86_64__
#define IS_X64 1
#else
#define IS_X64 0
#endif
/* What a header knows of tcp_info is as old as the library, not as the kernel. */
#define IS_OLD 1
int main(void) {
  static const char *const functions[] = {${FUNCTIONS.map((each) => `"${each}"`).join(', ')}};
  printf("{");
${Object.keys(FACTS)
  .map((each) => `  printf("%s:%ld,", ${JSON.stringify(JSON.stringify(each))}, (long)(${each}));`)
  .join('\n')}
  printf("\\"missing\\":[\\"\\"");
  for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++)
    if (dlsym(RTLD_DEFAULT, functions[i]) == NULL) printf(",\\"%s\\"", functions[i]);
  printf("]}");
  return 0;
}`;

describe.each(LIBRARIES)('$name', ({ compiler, packages, runner }) => {
  const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  const there = [compiler, ...runner.slice(0, 1)].every(has);
  if (!there) process.stdout.write(`skipped: ${compiler} is not there; apt-get install ${packages}\n`);

  it.skipIf(!there)('has the numbers, layouts and functions that the binding is for', () => {
    const [source, program] = [join(folder, `${compiler}.c`), join(folder, compiler)];
    writeFileSync(source, SOURCE);
    execFileSync(compiler, ['-o', program, source, '-ldl']);
    const [command = program, ...args] = [...runner, program];
    const { missing, ...found } = JSON.parse(execFileSync(command, args, { encoding: 'utf8' })) as Record<
      string,
      unknown
    >;
    expect(found).toEqual(FACTS);
    expect(missing).toEqual(['']);
  });
});
