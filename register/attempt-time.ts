// How long `net` waits for a connection to one address of a name before it gives that up, and tries the next one.
import net from 'node:net';

/** RFC 8305's upper bound, in milliseconds; Node.js waits for 250. */
const LONGEST_ATTEMPT = 2000;
const OPTION = '--network-family-autoselection-attempt-timeout';

/**
 * Gives layers the time to connect: theirs is not over when TCP has connected, for handshakes, proxies and filters come behind that.
 * What the program or its command line says of it stays as it is.
 */
export function giveAttemptsTime(): void {
  const said = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''];
  if (said.some((text) => text.includes(OPTION))) return;
  if (net.getDefaultAutoSelectFamilyAttemptTimeout() < LONGEST_ATTEMPT)
    net.setDefaultAutoSelectFamilyAttemptTimeout(LONGEST_ATTEMPT);
}
