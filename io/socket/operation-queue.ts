import { WSA_OPERATION_ABORTED, WSAEWOULDBLOCK } from '../../spi/index.js';
import { Readiness } from '../core/index.js';
import {
  attemptOperation,
  completeOperation,
  finishOperation,
  HANDED_ON,
  type Operation,
  type OperationOwner,
} from './operation.js';

/** Operations of one socket in one turn; then the next socket has its go. */
const OPERATIONS_PER_TURN = 32;

/** The socket that has a queue. */
export interface QueueOwner extends OperationOwner {
  /** To be called again, as if its core had told so: there is more to be done. */
  changed(edges: number): void;
  /** The last receive that waited has left the queue. */
  receivesOver(): void;
  /** A receive has ended. */
  afterReceive(): void;
}

/** The operations of one socket that wait for their turn, in order: those that send. */
export class OperationQueue {
  protected readonly operations: Operation[] = [];
  /** The edge that tells of more to be done. */
  protected readonly edge: number = Readiness.WRITABLE;

  constructor(protected readonly owner: QueueOwner) {}

  /** How many wait. */
  get length(): number {
    return this.operations.length;
  }

  /** Those that wait. */
  get all(): readonly Operation[] {
    return this.operations;
  }

  /** Adds an operation, which keeps the process alive while it waits. */
  add(operation: Operation): void {
    this.operations.push(operation);
    this.owner.host.ref();
  }

  /** Adds one that keeps the process alive already, before all others. */
  addFirst(operation: Operation): void {
    this.operations.unshift(operation);
  }

  /** Serves those that wait, in order, until one would block. */
  serve(): void {
    const { operations, owner } = this;
    for (let served = 0; operations.length > 0; served++) {
      if (served === OPERATIONS_PER_TURN) {
        owner.changed(this.edge);
        return;
      }
      let operation = operations[0]!;
      let error = attemptOperation(owner, operation);
      if (error === WSAEWOULDBLOCK) {
        // Urgent and other data do not wait for each other.
        const { urgent } = operation;
        const other = operations.find((each) => each.urgent !== urgent);
        if (other === undefined) return;
        operation = other;
        error = attemptOperation(owner, operation);
        if (error === WSAEWOULDBLOCK) return;
      }
      // A layer that it led through, or an observer before it, may have cancelled it or closed the socket. Else it
      // leaves before it completes: whoever is told of it may find the queue empty.
      if (!this.#remove(operation)) continue;
      finishOperation(owner, operation, error);
      this.finished(error);
    }
  }

  /** Cancels one, with WSA_OPERATION_ABORTED; false when it does not wait here. */
  cancel(operation: Operation): boolean {
    if (!this.#remove(operation)) return false;
    completeOperation(this.owner, operation, WSA_OPERATION_ABORTED);
    return true;
  }

  /** Cancels those that are told of on another handle: the AcceptEx calls of a listener that goes away. */
  cancelOf(completedOn: number): void {
    for (const operation of this.operations.filter((each) => each.completedOn === completedOn)) this.cancel(operation);
  }

  /** Takes all out at once, for the caller to end. */
  takeAll(): Operation[] {
    const taken = this.operations.splice(0);
    this.emptied();
    return taken;
  }

  /** Called when the last has left. */
  protected emptied(): void {}

  /** Called after one has ended, or was handed on. */
  protected finished(_error: number): void {}

  #remove(operation: Operation): boolean {
    const { operations } = this;
    const at = operations[0] === operation ? 0 : operations.indexOf(operation);
    if (at < 0) return false;
    if (at === 0) operations.shift();
    else operations.splice(at, 1);
    if (operations.length === 0) this.emptied();
    return true;
  }
}

/** Those that receive. */
export class ReceiveQueue extends OperationQueue {
  protected override readonly edge = Readiness.READABLE;

  /** Whether one of urgent data, or of other data, waits. */
  hasKind(urgent: boolean): boolean {
    return this.operations.some((operation) => operation.urgent === urgent);
  }

  protected override emptied(): void {
    this.owner.receivesOver();
  }

  protected override finished(error: number): void {
    if (error !== HANDED_ON) this.owner.afterReceive();
  }
}
