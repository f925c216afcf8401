import type { DeferredWork, InstanceHost, Timer } from '../../../spi/index.js';
import type { Answer, Plan } from './plan.js';

/**
 * How long an answer is held back for what came before it, in milliseconds since the last one was given: programs ask again within
 * much less, and where one asks otherwise this is what an answer costs.
 */
const PATIENCE = 1000;

/** Who is told that an answer may be given now. */
export interface OrderedPlayer {
  mayAnswer(): void;
}

/** Something that a program or its peer did, in the order of the recording. */
interface Step {
  readonly line: number;
  /** Its place among all steps. */
  place: number;
  /** How many bytes the program had sent by then; `null` for an answer. */
  readonly sent: number | null;
  /** Who plays its conversation; `null` while nobody does, and when it is done or is not to be waited for. */
  player: OrderedPlayer | null;
  /** Whether it is an answer that is due, and held back. */
  waits: boolean;
}

/** The steps of one conversation. */
interface Part {
  readonly answers: ReadonlyMap<Answer, Step>;
  readonly sends: readonly Step[];
  /** How many of the latter are done. */
  done: number;
}

/**
 * In which order conversations that are played at the same time are answered: as they were when they were recorded. Which of a pool's
 * connections is asked next depends on that.
 *
 * An answer is held back while something that came before it, in another conversation that is played, was not said. A program may ask in
 * another order: so nothing is held back for long.
 */
export class AnswerOrder implements DeferredWork {
  queued = false;
  readonly #steps: readonly Step[];
  readonly #parts = new Map<Plan, Part>();
  /** All before it are done, or are not waited for. */
  #next = 0;
  /** How many conversations are played. */
  #played = 0;
  /** How many answers are held back. */
  #waiting = 0;
  #given: Step | null = null;
  #patience: Timer | null = null;

  /** Makes the order of a recording's conversations; `null` where none of them went on while another did. */
  static of(plans: readonly Plan[], host: InstanceHost): AnswerOrder | null {
    const spans = plans.map(({ answers, sends }) => ({
      first: Math.min(answers[0]?.line ?? Infinity, sends[0]?.line ?? Infinity),
      last: Math.max(answers.at(-1)?.line ?? 0, sends.at(-1)?.line ?? 0),
    }));
    spans.sort((one, other) => one.first - other.first);
    return spans.some(({ first }, at) => at > 0 && first < spans[at - 1]!.last) ? new AnswerOrder(plans, host) : null;
  }

  /** @param plans the conversations of a recording */
  private constructor(
    plans: readonly Plan[],
    private readonly host: InstanceHost,
  ) {
    const steps: Step[] = [];
    const add = (line: number, sent: number | null): Step => {
      const step = { line, place: 0, sent, player: null, waits: false };
      steps.push(step);
      return step;
    };
    for (const plan of plans) {
      const answers = new Map(plan.answers.map((answer) => [answer, add(answer.line, null)]));
      this.#parts.set(plan, { answers, sends: plan.sends.map(({ line, before }) => add(line, before)), done: 0 });
    }
    this.#steps = steps.sort((one, other) => one.line - other.line);
    for (const [place, step] of steps.entries()) step.place = place;
  }

  /** A conversation begins to be played. */
  begin(plan: Plan, player: OrderedPlayer): void {
    const { answers, sends } = this.#parts.get(plan)!;
    for (const step of [...answers.values(), ...sends]) {
      step.player = player;
      // Steps before it may be done, of others that began earlier.
      this.#next = Math.min(this.#next, step.place);
    }
    this.#played++;
  }

  /** The program has sent so many bytes. */
  sent(plan: Plan, position: number): void {
    const part = this.#parts.get(plan)!;
    const before = part.done;
    while (part.done < part.sends.length && part.sends[part.done]!.sent! <= position)
      this.#leave(part.sends[part.done++]!);
    if (part.done > before) this.#goOn();
  }

  /** A conversation is played no more. */
  end(plan: Plan): void {
    const { answers, sends } = this.#parts.get(plan)!;
    for (const step of [...answers.values(), ...sends]) this.#leave(step);
    this.#played--;
    this.#goOn();
  }

  /** Says whether an answer that is due may be given now, and counts it as given then; else its player is told when it may. */
  take(plan: Plan, answer: Answer): boolean {
    const step = this.#parts.get(plan)!.answers.get(answer)!;
    // What nobody waits for any more comes when it is due.
    const isFree = step.player === null || (this.#played === 1 && this.#waiting === 0);
    if (isFree || this.#given === step) {
      this.#given = null;
      this.#leave(step);
      return true;
    }
    if (!step.waits) {
      step.waits = true;
      this.#waiting++;
      this.#goOn();
    }
    return false;
  }

  run(): void {
    while (this.#waiting > 0) {
      const step = this.#firstPlayed();
      if (!step.waits) break;
      this.#given = step;
      step.player!.mayAnswer();
      this.#leave(step);
    }
    this.#bePatient();
  }

  /** The first that is waited for, or waits itself: there is one while one waits. */
  #firstPlayed(): Step {
    while (this.#steps[this.#next]!.player === null) this.#next++;
    return this.#steps[this.#next]!;
  }

  #leave(step: Step): void {
    if (step.waits) this.#waiting--;
    step.player = null;
    step.waits = false;
  }

  /** Gives what may be given once the program has said all that it says now. */
  #goOn(): void {
    if (this.#waiting > 0) this.host.defer(this);
    this.#bePatient();
  }

  /** The first of those that wait is not held back for longer than this, nor is anything before it waited for then. */
  #bePatient(): void {
    this.#patience?.cancel();
    this.#patience = null;
    if (this.#waiting === 0) return;
    this.#patience = this.host.setTimer(this.host.clock.now() + PATIENCE, () => {
      this.#patience = null;
      for (let step = this.#firstPlayed(); !step.waits; step = this.#firstPlayed()) this.#leave(step);
      this.run();
    });
  }
}
