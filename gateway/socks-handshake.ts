// SOCKS 5, 4A and 4 from the side of the proxy (RFC 1928, RFC 1929).
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  GatheredBytes,
  readSocksAddress,
  requestedHost,
  Socks4Reply,
  Socks5Reply,
  socksAddressLength,
  SocksCommand,
  SocksMethod,
  SocksVersion,
  writeSocksAddress,
  type RequestedHost,
} from '../chain/index.js';
import { formatIPv4 } from '../index.js';

/** Who may use a proxy. */
export interface ProxyUser {
  readonly user: string;
  readonly password: string;
}

/** What a client asks a proxy for. */
export interface SocksRequest {
  /** 4 or 5. */
  readonly version: number;
  /** One of `SocksCommand`. */
  readonly command: number;
  readonly host: RequestedHost;
  readonly port: number;
  /** `null` when none was told; so may be the password. */
  readonly user: string | null;
  readonly password: string | null;
}

/** The proxy that a client's handshake is read for. */
export interface SocksServerUser {
  /** Sends bytes to the client. */
  send(bytes: Uint8Array): void;
  /** The client asks for something; the handshake is over, and `answer` is to be called. */
  asked(request: SocksRequest): void;
  /** The client was refused, and told so where it can be; the handshake is over. */
  refused(reason: string): void;
}

const LONGEST_TEXT = 255;
/** Where the user of SOCKS 4 begins. */
const SOCKS_4_USER = 8;
/** The longest step is a password's: its version, and two texts behind their lengths. SOCKS 4 has two texts that end with a zero. */
const MOST_BYTES = SOCKS_4_USER + 2 * (LONGEST_TEXT + 1);

/** What is being waited for. */
enum Step {
  VERSION,
  METHODS,
  PASSWORD,
  REQUEST,
  SOCKS_4,
  OVER,
}

/** Reads what a client of SOCKS 5, 4A or 4 asks for, in pieces of any size, and answers it. */
export class SocksServerHandshake {
  readonly #gathered = new GatheredBytes(MOST_BYTES);
  #step = Step.VERSION;
  #version: number = SocksVersion.FIVE;
  #told: ProxyUser | null = null;

  /**
   * @param wanted whom the proxy lets in; `null` for everybody
   * @param user told how the handshake goes on
   */
  constructor(
    private readonly wanted: ProxyUser | null,
    private readonly user: SocksServerUser,
  ) {}

  /** Whether it has come to its end. */
  get isOver(): boolean {
    return this.#step === Step.OVER;
  }

  /** Takes bytes of the client's; returns where in them what follows begins, once it is over; all of them otherwise. */
  receive(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.isOver) {
      at = this.#gathered.take(bytes, at, this.#wantedBytes());
      while (!this.isOver && this.#gathered.bytes.length >= this.#wantedBytes()) this.#goOn();
    }
    return at;
  }

  /** How many bytes this step has, as far as that is known; more may be known once they are there. */
  #wantedBytes(): number {
    const { bytes } = this.#gathered;
    switch (this.#step) {
      case Step.METHODS:
        return bytes.length < 2 ? 2 : 2 + bytes[1]!;
      case Step.PASSWORD:
        if (bytes.length < 2) return 2;
        return bytes.length < 3 + bytes[1]! ? 3 + bytes[1]! : 3 + bytes[1]! + bytes[2 + bytes[1]!]!;
      case Step.REQUEST:
        return bytes.length < 5 ? 5 : Math.max(5, 3 + socksAddressLength(bytes[3]!, bytes[4]!));
      case Step.SOCKS_4:
        return this.#wantedOf4(bytes);
      default:
        return 1;
    }
  }

  #wantedOf4(bytes: Uint8Array): number {
    if (bytes.length <= SOCKS_4_USER) return SOCKS_4_USER + 1;
    const { userEnd, nameEnd } = textsOf4(bytes);
    const end = hasName(bytes) && userEnd >= 0 ? nameEnd : userEnd;
    if (end >= 0) return end + 1;
    // Texts end with a zero: one byte more each time, for what follows is not the handshake's, and no more than there may be.
    const begin = userEnd < 0 ? SOCKS_4_USER : userEnd + 1;
    return bytes.length - begin > LONGEST_TEXT ? bytes.length : bytes.length + 1;
  }

  #goOn(): void {
    const { bytes } = this.#gathered;
    switch (this.#step) {
      case Step.VERSION:
        return this.#takeVersion(bytes[0]!);
      case Step.METHODS:
        return this.#chooseMethod(bytes.subarray(2));
      case Step.PASSWORD:
        return this.#takePassword(bytes);
      case Step.REQUEST:
        return this.#takeRequest(bytes);
      case Step.SOCKS_4:
        return this.#takeRequest4(bytes);
      case Step.OVER:
        return;
    }
  }

  #await(step: Step): void {
    this.#gathered.clear();
    this.#step = step;
  }

  // The version stays: lengths are counted from it.
  #takeVersion(version: number): void {
    if (version === SocksVersion.FIVE) this.#step = Step.METHODS;
    else if (version === SocksVersion.FOUR) {
      this.#version = version;
      this.#step = Step.SOCKS_4;
    } else this.#refuse(`it does not speak SOCKS, but begins with the byte ${version}`);
  }

  #chooseMethod(offered: Uint8Array): void {
    // Clients that have a password may offer nothing else; nobody looks at it then.
    const wanted =
      this.wanted !== null || !offered.includes(SocksMethod.NONE) ? SocksMethod.PASSWORD : SocksMethod.NONE;
    if (!offered.includes(wanted)) {
      this.user.send(Uint8Array.of(SocksVersion.FIVE, SocksMethod.NO_ACCEPTABLE));
      this.#refuse(
        this.wanted === null
          ? 'it offers no way to ask that there is here'
          : 'it does not say who asks (user, password)',
      );
      return;
    }
    this.user.send(Uint8Array.of(SocksVersion.FIVE, wanted));
    this.#await(wanted === SocksMethod.PASSWORD ? Step.PASSWORD : Step.REQUEST);
  }

  #takePassword(bytes: Uint8Array): void {
    const userEnd = 2 + bytes[1]!;
    const told = { user: textOf(bytes.subarray(2, userEnd)), password: textOf(bytes.subarray(userEnd + 1)) };
    const isRight = bytes[0] === SocksVersion.PASSWORD && (this.wanted === null || isSameUser(told, this.wanted));
    this.user.send(Uint8Array.of(SocksVersion.PASSWORD, isRight ? 0 : 1));
    if (!isRight) return this.#refuse('its user or password is wrong');
    this.#told = told;
    this.#await(Step.REQUEST);
  }

  #takeRequest(bytes: Uint8Array): void {
    if (bytes[0] !== SocksVersion.FIVE) return this.#refuse('its request is not one of SOCKS 5');
    const command = bytes[1]!;
    if (socksAddressLength(bytes[3]!, bytes[4]!) === 0) {
      return this.#refuse(`it asks for an address of kind ${bytes[3]}`, Socks5Reply.ADDRESS_NOT_SUPPORTED);
    }
    const { address, isName, port } = readSocksAddress(bytes, 3)!;
    const host = requestedHost(isName ? { name: address, address: '' } : { name: null, address }, isName);
    if (host === null || host.text === '') {
      return this.#refuse('it asks for a name that no host can have', Socks5Reply.HOST_UNREACHABLE);
    }
    const isKnown = command === SocksCommand.CONNECT || command === SocksCommand.UDP_ASSOCIATE;
    if (!isKnown) return this.#refuse(`it asks for command ${command}`, Socks5Reply.COMMAND_NOT_SUPPORTED);
    this.#ask(command, host, port);
  }

  #takeRequest4(bytes: Uint8Array): void {
    const { userEnd, nameEnd } = textsOf4(bytes);
    if (userEnd < 0 || (hasName(bytes) && nameEnd < 0)) {
      return this.#refuse(`a text of its request is longer than ${LONGEST_TEXT} bytes`, Socks4Reply.REFUSED);
    }
    if (bytes[1] !== SocksCommand.CONNECT) return this.#refuse(`it asks for command ${bytes[1]}`, Socks4Reply.REFUSED);
    // A user without a password is nobody.
    if (this.wanted !== null) {
      return this.#refuse('SOCKS 4 has no passwords: it has to ask by SOCKS 5 or HTTP', Socks4Reply.REFUSED);
    }
    this.#told = { user: textOf(bytes.subarray(SOCKS_4_USER, userEnd)), password: '' };
    const name = hasName(bytes) ? textOf(bytes.subarray(userEnd + 1, nameEnd)) : null;
    const host = requestedHost({ name, address: formatIPv4(bytes, 4) }, true);
    if (host === null || host.text === '') {
      return this.#refuse('it asks for a name that no host can have', Socks4Reply.REFUSED);
    }
    this.#ask(SocksCommand.CONNECT, host, (bytes[2]! << 8) | bytes[3]!);
  }

  #ask(command: number, host: RequestedHost, port: number): void {
    this.#step = Step.OVER;
    const { user = null, password = null } = this.#told ?? {};
    this.user.asked({ version: this.#version, command, host, port, user, password });
  }

  /** Refuses the client, by a reply where it waits for one. */
  #refuse(reason: string, reply?: number): void {
    this.#step = Step.OVER;
    if (reply !== undefined) this.answer(reply);
    this.user.refused(reason);
  }

  /**
   * Answers the request.
   *
   * @param reply one of SOCKS 5; SOCKS 4 knows but yes and no
   * @param address the address that is used for the client, and its port
   */
  answer(reply: number, address = '0.0.0.0', port = 0): void {
    if (this.#version === SocksVersion.FOUR) {
      const code = reply === Socks5Reply.GRANTED ? Socks4Reply.GRANTED : Socks4Reply.REFUSED;
      return this.user.send(Uint8Array.of(0, code, 0, 0, 0, 0, 0, 0));
    }
    const bound = requestedHost({ name: null, address: address.replace(/%.*$/, '') }, false)!;
    this.user.send(Uint8Array.of(SocksVersion.FIVE, reply, 0, ...writeSocksAddress(bound, port)));
  }
}

/** Where the texts of a request of SOCKS 4 end, at their zeros; -1 for one that has not come to its end. */
function textsOf4(bytes: Uint8Array): { userEnd: number; nameEnd: number } {
  const userEnd = bytes.indexOf(0, SOCKS_4_USER);
  return { userEnd, nameEnd: userEnd < 0 ? -1 : bytes.indexOf(0, userEnd + 1) };
}

/** 0.0.0.1 and its like say that a name follows (SOCKS 4A). */
function hasName(bytes: Uint8Array): boolean {
  return bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] !== 0;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** Whether two users are the same, in a time that does not tell how much of them is. */
export function isSameUser(one: ProxyUser, other: ProxyUser): boolean {
  const digest = ({ user, password }: ProxyUser): Buffer =>
    createHash('sha256')
      .update(JSON.stringify([user, password]))
      .digest();
  return timingSafeEqual(digest(one), digest(other));
}
