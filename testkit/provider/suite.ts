// What a topic of `testProvider` is made of.
import type { ProviderWorld } from './provider-world.js';

/**
 * What a provider may lack, and then skips with a reason:
 *
 * - `datagrams`: sockets of the kind SOCK_DGRAM;
 * - `several families`: AF_INET and AF_INET6 side by side, served by one provider;
 * - `internet addresses`: names are those of IPv4 and IPv6, with ports;
 * - `urgent data`: MSG_OOB;
 * - `resets`: SO_LINGER with no time, and data that nobody takes any more, reset a connection, and the peer hears of it;
 * - `connects that take time`: a connect of a non-blocking socket would block, and is over some time later;
 * - `waiting for the peer`: it is known what a peer has not taken yet, so that a close can wait for that (SO_LINGER);
 * - `connecting again`: a socket whose connect failed may connect elsewhere, or listen;
 * - `sends without a send buffer`: with SO_SNDBUF 0 a send that fits nowhere takes all that it was given;
 * - `extension functions`: AcceptEx, ConnectEx, DisconnectEx, TransmitFile;
 * - `duplicates`: WSADuplicateSocket within the process;
 * - `virtual time`: the instance's clock is virtual, and cases that wait for seconds take none.
 */
export const CAPABILITIES = [
  'datagrams',
  'several families',
  'internet addresses',
  'urgent data',
  'resets',
  'connects that take time',
  'waiting for the peer',
  'connecting again',
  'sends without a send buffer',
  'extension functions',
  'duplicates',
  'virtual time',
] as const;

/** One of the {@link CAPABILITIES}. */
export type Capability = (typeof CAPABILITIES)[number];

/** What a case does, with a world of its own. */
export type CaseBody = (world: ProviderWorld) => void | PromiseLike<void>;

/** How a topic declares its cases. */
export interface Declare {
  /** The families that streams are tried over. */
  readonly families: readonly number[];
  /** A case. */
  it(sentence: string, body: CaseBody): void;
  /** A case of an instance whose event loop is no alertable wait. */
  withExplicitWaits(sentence: string, body: CaseBody): void;
  /** The same case over every family. */
  onEveryFamily(sentence: string, body: (world: ProviderWorld, family: number) => void | PromiseLike<void>): void;
  /** Declares cases that a provider without these cannot pass. */
  needs(...capabilities: Capability[]): Declare;
}

/** A group of cases about one thing. */
export interface Topic {
  readonly title: string;
  /** What all of its cases need. */
  readonly needs: readonly Capability[];
  readonly declare: (on: Declare) => void;
}

/**
 * Makes a topic.
 *
 * @param needs what all of its cases need
 */
export function topic(title: string, needs: readonly Capability[], declare: Topic['declare']): Topic {
  return { title, declare, needs };
}
