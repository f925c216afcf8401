import type { AskFilter, CodecConnection, Filters } from '../filters/index.js';
import type { LayerContext } from '../layer/index.js';
import type { CodecFactory } from './codec.js';

/** What the sessions of one layer share. */
export interface SessionLayer {
  /** The layer's name, for what people are told. */
  readonly name: string;
  readonly context: LayerContext;
  readonly createCodec: CodecFactory;
  /** Milliseconds for which a handshake may last. */
  readonly handshakeTimeout: number;
  /** Milliseconds for which the end of what is sent waits for a codec that encodes nothing. */
  readonly endTimeout: number;
  /** The filters of the layer, which stand above its codec. */
  readonly filters: Filters;
  readonly ask: AskFilter;
  /** Milliseconds after which a filter that answers later is given up. */
  readonly filterTimeout: number;
  /** Whether it connects by a host's name, on sockets of an address family. */
  readonly takesNames: (family: number) => boolean;
  /** Says why there is no connection below, for people. */
  readonly unreachable?: ((error: number, connection: CodecConnection) => string) | undefined;
  /** Told of a connect that failed before the layer had a connection. */
  readonly connectFailed?: ((error: number, connection: CodecConnection) => void) | undefined;
  /** Told of each socket that listens from now on. */
  readonly listening?: ((connection: CodecConnection) => void) | undefined;
  /** Whether a codec of the layer was looked at for misspelt members. */
  spellingChecked: boolean;
  /** Whether people were told of a handshake of the layer that was never over. */
  toldOfHandshake: boolean;
}
