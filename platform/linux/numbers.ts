// Linux' numbers and layouts, for the code that the Unix family shares.
import { PKTINFO, type SystemNumbers } from '../posix/system-numbers.js';
import { errors } from './errors.js';

/** The generic ones, which every processor that the binding is for uses; glibc's and musl's structures are the kernel's. */
export const linuxNumbers: SystemNumbers = {
  errors,
  AF_INET6: 10,
  namesHaveLength: false,
  message: { NAME: 0, NAMELEN: 2, IOV: 4, IOVLEN: 6, CONTROL: 8, CONTROLLEN: 10, FLAGS: 12, SIZE: 56 },
  control: {
    LEVEL: 8,
    TYPE: 12,
    DATA: 16,
    ALIGNMENT: 8,
    PKTINFO,
    IP_PKTINFO: 8,
    IP_TTL: 2,
    IP_TOS: 1,
    RECEIVED_TTL: [2],
    RECEIVED_TOS: [1],
    IPV6_PKTINFO: 50,
    IPV6_HOPLIMIT: 52,
    IPV6_TCLASS: 67,
    RECEIVED_TCLASS: [67],
  },
  MSG_TRUNC: 0x20,
  MSG_NOSIGNAL: 0x4000,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_REUSEPORT: 15,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_KEEPALIVE: 9,
  SO_LINGER: 13,
  SO_ACCEPTCONN: 30,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  // The last one bound gets what is sent, all get multicasts.
  sharedDatagrams: [2],
  FIONREAD: 0x541b,
  SIOCATMARK: 0x8905,
  scopeMissing: [22 /* EINVAL */],
};
