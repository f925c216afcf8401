// What a hook is, as programs write one.
import type { HANDLE, NSP_ROUTINE, NSPV2_ROUTINE, SOCKET, WSPPROC_TABLE, WSPUPCALLTABLE } from '../../spi/index.js';
import type {
  API_SIGNATURES,
  NSP_SIGNATURES,
  NSPV2_SIGNATURES,
  Signature,
  WPU_SIGNATURES,
  WSP_SIGNATURES,
} from '../../spi/signatures/index.js';
import type { TraceFormatName } from '../../tracing/index.js';
import type { Border, HookedFunction, Layer } from '../dispatcher/index.js';

type AnyFunction = (...args: never[]) => unknown;

/** The tables of functions that cross a border, by what a table's functions are called. `Api` is the instance. */
interface Tables<Api> {
  api: readonly [table: Api, signatures: typeof API_SIGNATURES, before: ''];
  provider: readonly [table: WSPPROC_TABLE, signatures: typeof WSP_SIGNATURES, before: 'lp'];
  upcall: readonly [table: WSPUPCALLTABLE, signatures: typeof WPU_SIGNATURES, before: 'lp'];
  nameSpace: readonly [table: NSP_ROUTINE, signatures: typeof NSP_SIGNATURES, before: ''];
  nameSpace2: readonly [table: NSPV2_ROUTINE, signatures: typeof NSPV2_SIGNATURES, before: ''];
}

type WithoutPrefix<Place, Prefix extends string> = Place extends `${Prefix}${infer Name}` ? Name : never;
type NamesOf<Table> = Table extends readonly [unknown, infer Signatures, infer Prefix extends string]
  ? WithoutPrefix<keyof Signatures & string, Prefix>
  : never;

/** The name of a function that a hook may be told of: `send`, `WSPSend`, `WPUCreateEvent`, `NSPLookupServiceBegin`. */
export type FunctionName = NamesOf<Tables<unknown>[keyof Tables<unknown>]>;

type Found<Table, Name extends string> = Table extends readonly [infer Functions, infer Signatures, infer Prefix]
  ? `${Prefix & string}${Name}` extends infer Place extends keyof Signatures
    ? readonly [
        Place extends keyof Functions ? Extract<Functions[Place], AnyFunction> : AnyFunction,
        Extract<Signatures[Place], Signature>,
      ]
    : never
  : never;

type FoundIn<Api, Name extends string> = Found<Tables<Api>[keyof Tables<Api>], Name>;

/** What a function is, by its name; of `string`, any function. */
type FunctionNamed<Api, Name extends string> = string extends Name
  ? AnyFunction
  : FoundIn<Api, Name> extends readonly [infer F extends AnyFunction, Signature]
    ? F
    : AnyFunction;

type ArgumentsByName<Found> = Found extends readonly [infer F extends AnyFunction, infer S extends Signature]
  ? {
      -readonly [Place in keyof S['args'] & `${number}` as S['args'][Place]['name']]: Parameters<F>[Place &
        keyof Parameters<F>];
    }
  : never;

/** The arguments of a function by their names in the specification; each may be changed as long as `before` is told. */
export type ArgumentsOf<Api, Name extends string> = string extends Name
  ? Record<string, unknown>
  : ArgumentsByName<FoundIn<Api, Name>>;

/** A call that crosses a border, as a hook sees it. */
interface CallOf<Api, Name extends string> {
  /** Numbers the calls that one hook is told of, from 1: `before`, `after` and `completed` of one call have the same. */
  readonly id: number;
  /** The function's name in the specification. */
  readonly function: Name;
  readonly border: Border;
  /** The provider whose function it is, or whose upcall; `null` for the API. */
  readonly layer: Layer | null;
  /** The call, of those that this hook is told of, within which it was made; `null` for an outermost one. */
  readonly parent: CallOf<Api, string> | null;
  /** How many calls that this hook is told of are under way around it. */
  readonly depth: number;
  /** What its arguments are called and are, and what it returns. */
  readonly signature: Signature;
  /** Its arguments by name. Those that the function writes to are `Ref`s, buffers and structures, and may be written to. */
  readonly arguments: ArgumentsOf<Api, Name>;
  /** An argument by its name; `undefined` for one that there is not. */
  argument(name: string): unknown;
  /** The socket that it is about; `undefined` where it is about none. */
  readonly socket: SOCKET | undefined;
}

/** A call that is about to be made. */
export interface CallBefore<Api, Name extends string> extends CallOf<Api, Name> {
  /**
   * Has the function not called; outputs are the hook's to fill.
   *
   * @param result what the caller gets
   * @param error the code that goes with a result that says failure
   * @throws TypeError when the function cannot return that, or a failure has no error
   */
  prevent(result: ReturnType<FunctionNamed<Api, Name>>, error?: number): void;
  /**
   * Has the function not called, and the call fail.
   *
   * @param error the WSA or Win32 code
   * @throws TypeError for what is no code, or a function that cannot fail
   */
  fail(error: number): void;
  /**
   * Leads the call elsewhere.
   *
   * @param to what is called in place of the function, with its arguments; or another socket, whose provider gets the
   *   call: its outermost one
   * @throws TypeError for a socket when the function is about none
   */
  redirect(to: FunctionNamed<Api, Name> | SOCKET): void;
}

/** A call that is over. */
export interface CallAfter<Api, Name extends string> extends CallOf<Api, Name> {
  /**
   * What it returned, and what its caller gets.
   *
   * @throws TypeError when it is set to what the function cannot return
   */
  result: ReturnType<FunctionNamed<Api, Name>>;
  /** Whether the result says failure. */
  readonly failed: boolean;
  /** The code of a failure, else 0; set it along with a result that says failure. */
  error: number;
  /** What the function threw, which is a defect of its owner's; setting `result` keeps it from the caller. */
  readonly thrown: { readonly cause: unknown } | null;
  /** Whether the function was not called, for the hook had prevented it. */
  readonly prevented: boolean;
}

/** The end of an operation that a call began: overlapped, or with a task's handle. */
export interface CallCompletion<Api, Name extends string> extends CallOf<Api, Name> {
  /** 0 or the WSA code. */
  readonly completionError: number;
  /** How many bytes were transferred, or how long the answer is. */
  readonly transferred: number;
  /** What a receive reports in its flags. */
  readonly flags: number;
  /** By what the application is told. `none`: it asks. */
  readonly by: 'event' | 'routine' | 'port' | 'message' | 'callback' | 'none';
}

interface Told<Api, Name extends string> {
  before: CallBefore<Api, Name>;
  after: CallAfter<Api, Name>;
  completed: CallCompletion<Api, Name>;
}

/** What one of a hook's functions is told of: one of some functions, or, where all are meant, of what functions have in common. */
type Each<Name, When extends keyof Told<Api, string>, Api> = FunctionName extends Name
  ? Told<Api, string>[When]
  : Name extends string
    ? Told<Api, Name>[When]
    : never;

/** What is to be told of calls, and may change them. The functions answer at once, and none is told of calls that it makes itself. */
export interface DebugHook<Api, Name extends string = FunctionName> {
  /** What it is called where it is reported; `a debug hook` if absent. */
  readonly name?: string;
  /**
   * Which functions are hooked, asked once for each function of each provider: a name, some names, what names match, or a
   * function that says so. All are if absent. Whatever is not hooked costs nothing.
   */
  readonly match?: Name | readonly Name[] | RegExp | ((hooked: HookedFunction) => boolean);
  /** Told of a call before it is made. */
  readonly before?: (call: Each<Name, 'before', Api>) => void;
  /** Told of a call when it has returned. */
  readonly after?: (call: Each<Name, 'after', Api>) => void;
  /** Told of the end of an operation that a call began, before the application is; for one that ends at once, before `after`. */
  readonly completed?: (call: Each<Name, 'completed', Api>) => void;
}

/** What a trace is to tell, and where. */
export interface TraceOptions {
  /**
   * `lines` for people, the default; `json`, an object on a line for each call; `perfetto`, the trace event format of
   * chrome://tracing and ui.perfetto.dev, with a track for each layer.
   */
  readonly format?: TraceFormatName;
  /** The path of a file, which is written anew; `'stderr'`, the default; `'stdout'`; or what is given the text. */
  readonly to?: string | ((text: string) => void);
  /** Which functions; all if absent. As for `hook`, and `*` in a name stands for any letters. */
  readonly match?: string | readonly string[] | RegExp | ((hooked: HookedFunction) => boolean);
  /** How many bytes of what is transferred to tell; 0 if absent, since it may be secret. */
  readonly contents?: number;
  /**
   * Whether to tell what is nobody's business as a rule: option values longer than a number, ioctl buffers, connect data (as many
   * bytes of each as `contents` says), and all texts of structures; false if absent.
   */
  readonly secrets?: boolean;
  /** Whether lines are coloured; on terminals if absent, as NO_COLOR and FORCE_COLOR say. */
  readonly colours?: boolean;
}

/** Takes a hook off when it is called, or disposed of. */
export interface TakeOff {
  (): void;
  [Symbol.dispose](): void;
}

/** What an operation is known by: its overlapped structure, or its handle. */
export type OperationKey = object | HANDLE;
