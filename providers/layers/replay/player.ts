// Plays one connection: compares what the program sends, and answers as it was recorded.
import type { Timer } from '../../../spi/index.js';
import type { SubstitutedStream } from '../../../recordings/index.js';
import type { OrderedPlayer } from './answer-order.js';
import { Candidates } from './candidates.js';
import { describeConversation, shownDifference } from './difference.js';
import type { Answer, Plan } from './plan.js';
import type { PlayStyle } from './stage.js';

/** The connection that is played. */
export interface PlayerUser {
  /** The peer did something. */
  answered(answer: Answer): void;
  /** What the program does is not in the recording: the message says what, and where. */
  missed(message: string): void;
}

const THE_END: Answer = { kind: 'end', bytes: Buffer.alloc(0), code: 0, after: 0, afterEnd: true, delay: 0, line: 0 };

/** Plays the recorded side of one connection. */
export class Player implements OrderedPlayer {
  readonly #candidates: Candidates;
  readonly #streams: readonly SubstitutedStream[];
  #lead: Plan | null = null;
  /** How many answers there were. */
  #count = 0;
  /** How many bytes had been sent when the last one was due. */
  #answeredAt = 0;
  #ended = false;
  #over = false;
  /** Whether the others' answers are not put in order with this connection's any more. */
  #left = false;
  #delay: Timer | null = null;
  #patience: Timer | null = null;

  /** @param plans those that may be played, sorted */
  constructor(
    plans: readonly Plan[],
    private readonly style: PlayStyle,
    private readonly user: PlayerUser,
  ) {
    this.#candidates = new Candidates(plans);
    this.#streams = style.substitutions.map((each) => each.stream());
    if (plans.length === 1) this.#follow(plans[0]!);
    for (const plan of plans) style.order?.begin(plan, this);
  }

  /** The connection is there: the peer may speak first. */
  start(): void {
    this.#answer();
  }

  /** The program sends bytes, which are not kept. */
  send(bytes: Uint8Array): void {
    if (this.#over) return;
    let compared = bytes;
    for (const stream of this.#streams) compared = stream.push(compared);
    this.#take(compared);
    if (!this.#over) this.#answer();
  }

  /** The program ends its side. */
  end(): void {
    if (this.#over || this.#ended) return;
    let rest: Buffer = Buffer.alloc(0);
    for (const stream of this.#streams) rest = Buffer.concat([stream.push(rest), stream.end()]);
    this.#take(rest);
    if (this.#over) return;
    this.#ended = true;
    const shorter = this.#candidates.ended();
    if (shorter !== null) return this.#endsEarly(shorter);
    this.#answer();
  }

  /** The program waits for something to come. */
  waits(): void {
    if (this.#over || this.#delay !== null || this.#patience !== null) return;
    const { position, first } = this.#candidates;
    if (first === undefined) return;
    const isCut = first.conversation.ending === 'cut' && this.#count >= first.answers.length;
    // Between two requests nobody is waited for.
    if (position === this.#answeredAt && !(isCut && position > 0)) return;
    if (position >= first.sent.length && !isCut) return;
    const { host, patience } = this.style;
    if (patience === Infinity) return;
    this.#patience = host.setTimer(host.clock.now() + patience, () => {
      this.#patience = null;
      if (position < first.sent.length) this.#unfinished(first, 'waits for an answer');
      else {
        const cure = 'what recorded it was killed. Record it again';
        this.#miss(`${describeConversation(this.style.recording, first.conversation)} was cut off here: ${cure}`);
      }
    });
  }

  /** What was due and had to wait for other connections' answers comes now. */
  mayAnswer(): void {
    this.#answer();
  }

  /** The connection is gone. */
  close(): void {
    this.#over = true;
    this.#stopTimers();
    this.#leaveOrder();
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#forgetPatience();
    const nearest = this.#candidates.narrow(bytes);
    if (nearest === null) {
      if (this.#lead !== null) this.style.order?.sent(this.#lead, this.#candidates.position);
      return;
    }
    const { plan, agrees } = nearest;
    const at = this.#candidates.position + agrees;
    const which = describeConversation(this.style.recording, plan.conversation);
    const difference = shownDifference(plan.sent, at, bytes.subarray(agrees));
    this.#miss(`what the program sends differs from ${which} at byte ${at} of what it sent then:${difference}`);
  }

  #endsEarly(plan: Plan): void {
    if (this.style.strict) return this.#unfinished(plan, 'has ended its side');
    this.#over = true;
    this.user.answered(THE_END);
  }

  #unfinished(plan: Plan, does: string): void {
    const { position } = this.#candidates;
    const missing = plan.sent.length - position;
    const which = describeConversation(this.style.recording, plan.conversation);
    const difference = shownDifference(plan.sent, position, plan.sent.subarray(0, 0));
    this.#miss(
      `the program ${does}, and has sent ${position} bytes; in ${which} it sent ${missing} more before:${difference}`,
    );
  }

  #miss(message: string): void {
    this.#over = true;
    this.#stopTimers();
    this.#leaveOrder();
    this.user.missed(message);
  }

  #leaveOrder(): void {
    if (this.#lead !== null && !this.#left) this.style.order?.end(this.#lead);
    this.#left = true;
  }

  /** Gives the answers that are due. */
  #answer(): void {
    while (!this.#over && this.#delay === null) {
      const plan = this.#candidates.choose(this.#count, this.#ended, this.#lead);
      if (plan === null) return;
      const answer = plan.answers[this.#count]!;
      if (this.style.order?.take(plan, answer) === false) return;
      this.#follow(plan);
      this.#candidates.answered(this.#count, answer);
      this.#count++;
      this.#answeredAt = answer.after;
      if (this.style.pace && answer.delay > 0) this.#answerLater(answer);
      else this.user.answered(answer);
    }
  }

  #answerLater(answer: Answer): void {
    const { host } = this.style;
    this.#delay = host.setTimer(host.clock.now() + answer.delay, () => {
      this.#delay = null;
      this.user.answered(answer);
      this.#answer();
    });
  }

  #follow(plan: Plan): void {
    if (plan === this.#lead) return;
    if (this.#lead !== null) this.#lead.played--;
    plan.played++;
    this.#lead = plan;
  }

  #forgetPatience(): void {
    this.#patience?.cancel();
    this.#patience = null;
  }

  #stopTimers(): void {
    this.#forgetPatience();
    this.#delay?.cancel();
    this.#delay = null;
  }
}
