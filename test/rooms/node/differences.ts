// Where sockets and servers of a chain differ from those of `node:net`, and why: the name of a probe and the reason.
// What stands here is asserted to differ, so that a line that is not true any more is noticed.

/** Reasons by the names of probes in `surface.ts`. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  'option path: a local socket': 'a chain carries Internet addresses; refused',
  'listen option path: a local socket': 'a chain carries Internet addresses; refused',
  'option fd: a descriptor': 'a socket of a chain is no descriptor; refused',
  'listen option fd: a descriptor': 'a socket of a chain is no descriptor; refused',
  'option handle: a handle': 'a chain has no handles of Node.js; refused',
  'listen option handle: a handle': 'a chain has no handles of Node.js; refused',
  'listen on everything: where another listens on one address':
    "WinSock's rules about shared addresses allow it, and so does node:net on Windows",
  'port of connect: 0': "WSAEADDRNOTAVAIL by WinSock's rules, as of node:net on Windows",
  'host of connect: numbers for an address': 'names go to the name spaces; `getaddrinfo` wants four numbers',
  'method Socket(): without new': 'a class of JavaScript wants `new`',
};

/** The same for what only some versions of Node.js have: the version from which on both sides agree. */
export const SINCE: Readonly<Record<string, { major: number; reason: string }>> = {
  'option blockList: a listed address': { major: 22, reason: 'node:net has no block lists before' },
  'option blockList: no BlockList': { major: 22, reason: 'node:net has no block lists before' },
  'server option blockList: a listed address': { major: 22, reason: 'node:net has no block lists before' },
  'server option blockList: no BlockList': { major: 22, reason: 'node:net has no block lists before' },
};
