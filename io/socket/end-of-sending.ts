import { SD_SEND, type ErrorCode } from '../../spi/index.js';
import { State, type SocketCore } from '../core/index.js';
import { Operation } from './operation.js';

/** A socket whose sends are to end. */
export interface EndingSocket {
  readonly state: number;
  readonly core: SocketCore;
  /** What waited has been sent. */
  sendsEnded(): void;
}

/** The end of sending, behind the sends that waited when it was asked for: they are sent (specification: shutdown). */
export class EndOfSending extends Operation {
  constructor(private readonly socket: EndingSocket) {
    super(null, null, null);
  }

  attempt(): ErrorCode {
    return 0;
  }

  // However it comes about: when those before it were cancelled, the end comes all the same.
  override ended(error: number): void {
    super.ended(error);
    this.socket.sendsEnded();
    if (this.socket.state !== State.CLOSED) this.socket.core.shutdown(SD_SEND);
  }
}
