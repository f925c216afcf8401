// What the sockets of one start of the layer have in common.
import type { Recording, Substitution } from '../../../recordings/index.js';
import type { InstanceHost } from '../../../spi/index.js';
import type { AnswerOrder } from './answer-order.js';
import type { Library } from './library.js';
import type { PlayedPorts } from './played-ports.js';

/** How connections are played. */
export interface PlayStyle {
  readonly recording: Recording;
  readonly host: InstanceHost;
  /** Whether conversations come in order, and a program that ends its side before it has sent all is at fault. */
  readonly strict: boolean;
  /** Whether answers take as long as they took. */
  readonly pace: boolean;
  /** Milliseconds to wait for the rest of a request. */
  readonly patience: number;
  /** What a program sends goes through these one after the other before it is compared. */
  readonly substitutions: readonly Substitution[];
  /** In which order the conversations are answered; `null` where each is by itself. */
  readonly order: AnswerOrder | null;
}

/** What sockets need besides: the conversations, and names of their own. */
export interface Stage extends PlayStyle {
  readonly library: Library;
  readonly ports: PlayedPorts;
  /** Whether host names need no addresses here. */
  readonly takesNames: boolean;
  /** Tells of what is not in the recording. */
  tell(message: string, socket: number): void;
}
