// What `testNameSpace` tests.
import type { GUID, LPNSPSTARTUP, VirtualClock, WSAQUERYSETW, Ws2_32 } from '../../index.js';

/** What is asked of a name space: members of a query set; `dwSize` and the provider are filled in. */
export type NameSpaceQuery = Partial<WSAQUERYSETW>;

/** A name space to test, in an instance of its own, and what it knows there. */
export interface NameSpaceUnderTest {
  /** The instance that it runs in; the suite adds the name space, and calls `WSAStartup` and the disposal. */
  readonly ws2: Ws2_32;
  /** The instance's clock, if it is virtual. With the machine's clock, calls that block for 15 seconds are given up. */
  readonly clock?: VirtualClock;
  /** The name space, as `defineNameSpace` returns it; or any provider, by its NSPStartup and its `NS_*`. */
  readonly nameSpace: { readonly NSPStartup: LPNSPSTARTUP; readonly nameSpace: number };
  /** A query that finds something. */
  readonly present: NameSpaceQuery;
  /** A query that finds three items or more. */
  readonly several?: NameSpaceQuery;
  /** A query that finds nothing. */
  readonly absent?: NameSpaceQuery;
  /** A query that is not answered for a long time: its server says nothing, for instance. */
  readonly silent?: NameSpaceQuery;
  /** The name of a host with addresses of IPv4. */
  readonly host?: string;
  /** A service that may be registered: its class, its name, its addresses. */
  readonly service?: NameSpaceQuery;
  /** Called once the instance was started with the name space in it, before anything is asked: servers begin here. */
  started?(): void;
  /** Looks, once everything of a case is over, whether anything is left of it; throws if so. */
  checkNothingIsLeft?(): void;
}

/** Makes what one case is run on; called anew for each. */
export type NameSpaceFactory = () => NameSpaceUnderTest;

/** The GUID that the suite installs the name space by. */
export const PROVIDER: GUID = '6C7B54B0-93A8-4E0B-9D0A-1C5B2F7E0A11';
