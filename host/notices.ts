import {
  NSP_NOTIFY_APC,
  NSP_NOTIFY_EVENT,
  NSP_NOTIFY_HWND,
  NSP_NOTIFY_PORT,
  WSA_OPERATION_ABORTED,
  type WSACOMPLETION,
} from '../spi/index.js';
import type { CompletionPorts } from './completion-ports.js';
import type { OverlappedResults } from './overlapped.js';
import type { MessageWindows } from './windows.js';

/** Tells of the end of a name-space ioctl, in each of the ways that a WSACOMPLETION can ask for. */
export class Notices {
  readonly #underWay = new WeakSet<WSACOMPLETION>();

  constructor(
    private readonly windows: MessageWindows,
    private readonly overlapped: OverlappedResults,
    private readonly ports: CompletionPorts,
  ) {}

  /** Whether somebody can be told in this way: the window or the port is there. */
  canTell({ Type, Parameters: { WindowMessage, Port } }: WSACOMPLETION): boolean {
    if (Type === NSP_NOTIFY_HWND) return this.windows.has(WindowMessage!.hWnd);
    return Type !== NSP_NOTIFY_PORT || this.ports.has(Port!.hPort);
  }

  /** Takes note of an ioctl that is about to be carried out, and marks its overlapped structure, if there is one. */
  begin(completion: WSACOMPLETION): void {
    this.#underWay.add(completion);
    const { Event, Apc, Port } = completion.Parameters;
    const overlapped = (Event ?? Apc ?? Port)?.lpOverlapped;
    if (overlapped !== undefined) this.overlapped.begin(overlapped, Apc?.lpfnCompletionProc ?? null);
  }

  /**
   * Tells of the end. A window gets `uMsg` with `context` and the error; it is not told that the query was ended, and
   * the others are, by WSA_OPERATION_ABORTED.
   *
   * @param completion how; `Parameters` has the member of its `Type` alone
   * @param error 0 or a WSA error
   * @param transferred how many bytes the output has
   * @returns false when it is not under way: over already, or never begun
   */
  complete(completion: WSACOMPLETION, error: number, transferred: number): boolean {
    if (!this.#underWay.delete(completion)) return false;
    this.#tell(completion, error, transferred);
    return true;
  }

  /** The ioctl failed at once: nobody is told. */
  cancel(completion: WSACOMPLETION): void {
    this.#underWay.delete(completion);
  }

  #tell({ Type, Parameters }: WSACOMPLETION, error: number, transferred: number): void {
    const { WindowMessage, Event, Apc, Port } = Parameters;
    switch (Type) {
      case NSP_NOTIFY_HWND: {
        const { hWnd, uMsg, context } = WindowMessage!;
        if (error !== WSA_OPERATION_ABORTED) this.windows.postNotice(hWnd, uMsg, context, error);
        return;
      }
      case NSP_NOTIFY_EVENT:
        this.overlapped.complete(0, Event!.lpOverlapped, null, error, transferred, 0);
        return;
      case NSP_NOTIFY_APC:
        this.overlapped.complete(0, Apc!.lpOverlapped, Apc!.lpfnCompletionProc, error, transferred, 0);
        return;
      case NSP_NOTIFY_PORT: {
        const { lpOverlapped, hPort, Key } = Port!;
        this.overlapped.complete(0, lpOverlapped, null, error, transferred, 0);
        this.ports.postCompleted(hPort, Key, lpOverlapped, error, transferred);
      }
    }
  }
}
