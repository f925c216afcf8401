// What a recorded conversation says is to be answered to what.
import { Direction, type Endpoint, type RecordedConversation, type Substitution } from '../../../recordings/index.js';

/** Something that the peer does. */
export interface Answer {
  readonly kind: 'bytes' | 'end' | 'error';
  readonly bytes: Buffer;
  /** The WinSock code of an error. */
  readonly code: number;
  /** How many bytes the program has to have sent before. */
  readonly after: number;
  /** Whether the program has to have ended its side before. */
  readonly afterEnd: boolean;
  /** Milliseconds after whatever came before it in the recording. */
  readonly delay: number;
  /** The line of the recording that it ends with. */
  readonly line: number;
}

/** One conversation, as it is played. */
export interface Plan {
  readonly conversation: RecordedConversation;
  /** What the program sends, with what may vary put aside. */
  readonly sent: Buffer;
  /** By which line it had sent how many bytes of that. */
  readonly sends: readonly { readonly line: number; readonly before: number }[];
  /** What the peer does, in order. */
  readonly answers: readonly Answer[];
  /** The WinSock code of a connect that led to no connection, and after how many milliseconds; else `null`. */
  readonly failure: { readonly code: number; readonly delay: number } | null;
  /** Its place among those of the recording. */
  readonly order: number;
  /** How many connections it is or was played for. */
  played: number;
  /** A connection got it in its order. */
  given: boolean;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Makes the plan of a conversation.
 *
 * @param variation what may be another each time; `null` for nothing
 */
export function planOf(conversation: RecordedConversation, variation: Substitution | null, order: number): Plan {
  const stream = variation?.stream();
  const sent: Buffer[] = [];
  const sends: { line: number; before: number }[] = [];
  const answers: Answer[] = [];
  let after = 0;
  let afterEnd = false;
  let before = 0;
  let failure: Plan['failure'] = null;
  const add = (bytes: Buffer, line: number): void => {
    sent.push(bytes);
    after += bytes.length;
    sends.push({ line, before: after });
  };
  for (const event of conversation.events) {
    const delay = Math.max(0, event.at - before);
    before = Math.max(before, event.at);
    if (event.kind === 'failed') {
      failure = { code: event.code, delay };
      continue;
    }
    const answer = { bytes: NO_BYTES, code: 0, after, afterEnd, delay, line: event.line };
    if (event.kind === 'error') answers.push({ ...answer, kind: 'error', code: event.code });
    else if (event.direction === Direction.SENT) {
      if (event.kind === 'bytes') add(stream?.push(event.bytes) ?? event.bytes, event.line);
      else if (event.kind === 'end') {
        if (stream !== undefined) add(stream.end(), event.line);
        afterEnd = true;
      }
    } else if (event.kind === 'bytes') answers.push({ ...answer, kind: 'bytes', bytes: event.bytes });
    else if (event.kind === 'end') answers.push({ ...answer, kind: 'end' });
  }
  if (stream !== undefined && !afterEnd) add(stream.end(), sends.at(-1)?.line ?? 0);
  const whole = sent.length === 1 ? sent[0]! : Buffer.concat(sent);
  return { conversation, sent: whole, sends, answers, failure, order, played: 0, given: false };
}

/** Whether two answers are the same to the program. */
export function sameAnswer(one: Answer, other: Answer | undefined): boolean {
  return one === other || (one.kind === other?.kind && one.code === other.code && one.bytes.equals(other.bytes));
}

/** Whether a conversation goes where the program goes: by the host's name, or by the address. */
export function leadsTo(endpoint: Endpoint, to: Endpoint): boolean {
  return endpoint.port === to.port && endpoint.address === to.address;
}
