/** What stands for this machine: a connect to any address is one to it on Linux and for Node.js; WinSock refuses. */
export const THIS_MACHINE: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);
