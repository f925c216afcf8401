// Where Node.js permits a program less than the hook needs, that is said at once, and not by the program's first socket.

/** What `process.permission` answers, where there is a permission model. */
interface Permission {
  has(scope: string): boolean;
}

const NETWORK_FLAG = '--allow-net';

function permission(): Permission | undefined {
  return (process as unknown as { permission?: Permission }).permission;
}

/** Whether this Node.js was told to permit less than usual, so that the chain has to be tried before the program begins. */
export function isRestricted(): boolean {
  if (permission() !== undefined) return true;
  const options = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`;
  return options.includes('--no-addons');
}

/**
 * Refuses what native sockets would get around: the permission to use the network.
 *
 * @throws Error that says so
 */
export function checkNetworkPermission(): void {
  const granted = permission();
  // Node.js before 25 knows no such permission.
  if (granted === undefined || !process.allowedNodeEnvironmentFlags.has(NETWORK_FLAG) || granted.has('net')) return;
  throw new Error('--permission does not let this program use the network');
}

/** The end of a message: what to start Node.js with. */
export function flagsThatAreNeeded(): string {
  if (permission() === undefined) return 'start it without --no-addons';
  const network = process.allowedNodeEnvironmentFlags.has(NETWORK_FLAG) ? `, ${NETWORK_FLAG}` : '';
  return (
    `beside --permission it needs --allow-addons${network} and --allow-fs-read for this package, koffi, the catalog and the ` +
    'modules of its layers (or --allow-fs-read=*)'
  );
}
