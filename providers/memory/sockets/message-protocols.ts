// The protocols of messages over connections that the network has beside TCP: what each of them can do.
import { AF_ATM, AF_IPX, ATMPROTO_AAL5, NSPROTO_SPX, SOCK_SEQPACKET, SOCK_STREAM } from '../../../spi/index.js';

/** What a protocol of messages can do; lengths are in bytes. */
export interface MessageProtocol {
  readonly family: number;
  readonly protocol: number;
  /** The socket types that it has: SOCK_SEQPACKET keeps the boundaries of messages, SOCK_STREAM ignores them. */
  readonly types: readonly number[];
  /** Whether one side can end sending and go on receiving (XP1_GRACEFUL_CLOSE); else every end is abortive. */
  readonly graceful: boolean;
  /** Whether it has quality of service (XP1_QOS_SUPPORTED), which goes with connections. */
  readonly carriesFlows: boolean;
  /** The longest message; Infinity for any. */
  readonly mostMessage: number;
  /** The longest expedited block. */
  readonly mostExpedited: number;
  /** The most data, and as many bytes of options, that go with a connect or its answer, and with a disconnect. */
  readonly mostConnectData: number;
  readonly mostDisconnectData: number;
}

/** All of them. */
export const MESSAGE_PROTOCOLS: readonly MessageProtocol[] = [
  {
    family: AF_IPX,
    protocol: NSPROTO_SPX,
    types: [SOCK_SEQPACKET, SOCK_STREAM],
    graceful: true,
    carriesFlows: false,
    mostMessage: Infinity,
    mostExpedited: 16,
    mostConnectData: 534,
    mostDisconnectData: 534,
  },
  {
    family: AF_ATM,
    protocol: ATMPROTO_AAL5,
    types: [SOCK_SEQPACKET],
    graceful: false,
    carriesFlows: true,
    mostMessage: 65_535,
    mostExpedited: 16,
    mostConnectData: 131,
    mostDisconnectData: 131,
  },
];
