/** What stands for this machine: to connect to any address is to connect to it, for programs of Node.js; WinSock refuses. */
export const THIS_MACHINE: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);
