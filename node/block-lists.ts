// The option `blockList`, for a Node.js that has none yet: an option that keeps addresses out must not be without effect.
import net, { type BlockList } from 'node:net';
import { WSAEACCES } from '../index.js';
import { codedError, type ChainError } from './instance/index.js';

/** From here on `net` looks at block lists itself. */
const SINCE = 22;
const NET_HAS_THEM = Number.parseInt(process.versions.node, 10) >= SINCE;

/**
 * The block list that is to be looked at here; `undefined` where there is none, or `net` does it.
 *
 * @throws TypeError (ERR_INVALID_ARG_TYPE) when it is none
 */
export function blockListHere(blockList: BlockList | undefined): BlockList | undefined {
  if (NET_HAS_THEM || !blockList) return undefined;
  if (blockList instanceof net.BlockList) return blockList;
  throw codedError('ERR_INVALID_ARG_TYPE', 'The "options.blockList" property must be a net.BlockList', TypeError);
}

/** Whether an address is listed. */
export function isBlocked(blockList: BlockList | undefined, address: string | undefined): boolean {
  if (blockList === undefined || address === undefined) return false;
  return blockList.check(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The error of a connect to an address that is listed. */
export function blockedError(address: string): ChainError {
  const error = codedError('ERR_IP_BLOCKED', `IP(${address}) is blocked by net.BlockList`);
  return Object.assign(error, { wsaError: WSAEACCES });
}
