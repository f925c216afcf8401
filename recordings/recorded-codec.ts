// The codecs that change nothing, and write what they see to a recording.
import type {
  Codec,
  CodecConnection,
  CodecFactory,
  CodecOutput,
  DatagramCodec,
  DatagramCodecFactory,
} from '../chain/index.js';
import { winsockErrorName } from '../spi/index.js';
import { Conversation, type ConversationStyle } from './conversation.js';
import { Direction, type Endpoint } from './recording.js';
import type { RecordingFile } from './recording-file.js';

const NOBODY: Endpoint = { address: '0.0.0.0', port: 0 };

/**
 * Makes the function that makes a codec of each connection.
 *
 * @param file what the conversations are written to
 * @param style how they are written, for a connection
 */
export function recordedConnections(
  file: RecordingFile,
  style: (connection: CodecConnection) => ConversationStyle,
): CodecFactory {
  return (connection) => new RecordedConnection(begin(file, style(connection), connection));
}

/**
 * Makes the function that is told of connects that led to no connection.
 *
 * @param file what they are written to
 * @param style how they are written
 */
export function recordedFailures(
  file: RecordingFile,
  style: (connection: CodecConnection) => ConversationStyle,
): (error: number, connection: CodecConnection) => void {
  return (error, connection) => {
    const to = connection.destination ?? NOBODY;
    const written = style(connection);
    Conversation.failed(file, written, to, nameOf(connection, written), winsockErrorName(error));
  };
}

/** As `recordedConnections`, for datagrams: a conversation is what a socket sends and receives. */
export function recordedDatagrams(
  file: RecordingFile,
  style: (connection: CodecConnection) => ConversationStyle,
): DatagramCodecFactory {
  return (connection) => {
    const conversation = Conversation.ofDatagrams(file, style(connection));
    const codec: DatagramCodec = {
      send(bytes, to, output) {
        conversation.datagram(Direction.SENT, bytes, to);
        output.encoded(bytes);
      },
      receive(bytes, from, output) {
        conversation.datagram(Direction.RECEIVED, bytes, from);
        output.decoded(bytes);
      },
      close: () => conversation.closed(true),
    };
    return codec;
  };
}

function begin(file: RecordingFile, style: ConversationStyle, connection: CodecConnection): Conversation {
  if (connection.role === 'client') {
    const to = connection.destination ?? connection.peerName() ?? NOBODY;
    return Conversation.connected(file, style, to, nameOf(connection, style));
  }
  return Conversation.accepted(file, style, connection.localName() ?? NOBODY, connection.peerName() ?? NOBODY);
}

/** The name that the program gave, or looked up itself before it connected to an address. */
function nameOf({ destination }: CodecConnection, style: ConversationStyle): string | null {
  return destination === null ? null : (destination.name ?? style.namesOf(destination.address).at(-1) ?? null);
}

class RecordedConnection implements Codec {
  #gracefully = false;
  #sendingEnded = false;

  constructor(private readonly conversation: Conversation) {}

  send(bytes: Uint8Array, output: CodecOutput): void {
    this.conversation.bytes(Direction.SENT, bytes);
    output.encoded(bytes);
  }

  receive(bytes: Uint8Array, output: CodecOutput): void {
    this.conversation.bytes(Direction.RECEIVED, bytes);
    output.decoded(bytes);
  }

  end(output: CodecOutput): void {
    this.conversation.ended(Direction.RECEIVED);
    output.finished();
  }

  shutdown(): void {
    this.#gracefully = true;
    if (this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.conversation.ended(Direction.SENT);
  }

  broken(error: number): void {
    this.conversation.broke(winsockErrorName(error));
  }

  close(): void {
    this.conversation.closed(this.#gracefully);
  }
}
