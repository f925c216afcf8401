import { kindOf } from '../spi/answers.js';
import { INSTANCE, NS_ALL, type InstanceHost } from '../spi/index.js';
import { Blame } from './blame.js';
import { Session, type NameSpaceSession } from './session.js';

/** An instance that was started, as `createWs2_32` returns it. */
export interface SessionInstance {
  readonly [INSTANCE]: { readonly providerHost: InstanceHost };
}

/** A session of nobody's, which its owner ends. */
export interface OpenSession extends NameSpaceSession {
  /** Takes back every timer, and closes every socket. */
  end(): void;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * Opens what a name space is handed, for something else: a server in a test, which answers in the instance's own turns, so
 * also while the program blocks.
 *
 * @param ws2 the instance, after WSAStartup
 * @param name whose session it is, for reports
 * @returns the session; it ends by `end`, and its sockets by WSACleanup
 * @throws TypeError when the first argument is not an instance
 */
export function openSession(ws2: SessionInstance, name: string): OpenSession {
  const internals = (ws2 as Partial<SessionInstance> | null | undefined)?.[INSTANCE];
  if (internals === undefined) {
    throw new TypeError(
      `openSession: the first argument is the instance, as createWs2_32 returns it, not ${kindOf(ws2)}`,
    );
  }
  const { providerHost: host } = internals;
  return new Session(name, NOBODY, NS_ALL, host, new Blame(name, host));
}
