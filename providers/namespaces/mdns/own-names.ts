// What applications have registered, and this host's name, which services lead to.
import type { NameSpaceRegistration, RegistrationAnswer } from '../../../name-space/index.js';
import { WSAEADDRINUSE, WSASERVICE_NOT_FOUND } from '../../../spi/index.js';
import { instanceName, keyOf, shownName } from './names.js';
import type { MdnsSettings } from './options.js';
import { Publication, type Announcer, type PublicationListener, type Publications } from './publications.js';
import { PublishedHost, PublishedService, type Renaming } from './published.js';
import { readWish, type Wish } from './registrations.js';
import type { ServiceTypes } from './service-types.js';

/** Something that was registered. */
interface Registered {
  readonly publication: Publication;
  readonly published: PublishedHost | PublishedService;
  answer: RegistrationAnswer | null;
}

/** Registers, replaces and takes back. */
export class OwnNames implements PublicationListener {
  #ownHost: Publication | null = null;
  /** This host's name as services were told to be there. */
  #ownName: string | null = null;
  /** What was registered, by the name that was asked for; several may have been by one. */
  readonly #registered = new Map<string, Registered[]>();

  constructor(
    private readonly announcer: Announcer,
    private readonly publications: Publications,
    private readonly serviceTypes: ServiceTypes,
    private readonly settings: MdnsSettings,
  ) {}

  /** As the hook. */
  register(registration: NameSpaceRegistration, answer: RegistrationAnswer): (() => void) | void {
    const wish = readWish(registration, this.serviceTypes, this.announcer.links(), true);
    if (typeof wish === 'number') {
      answer.fail(wish);
      return;
    }
    const before = registration.isOneOfSeveral ? undefined : this.#registered.get(wish.key)?.[0];
    if (before !== undefined) {
      this.#replace(before, wish, answer);
      return;
    }
    const registered = this.#publish(wish, answer);
    return () => this.#withdraw(wish.key, registered);
  }

  #replace(before: Registered, wish: Wish, answer: RegistrationAnswer): void {
    const { publication, published } = before;
    publication.update(() => {
      if (published instanceof PublishedHost && wish.kind === 'host') published.moveTo(wish.addresses);
      else if (published instanceof PublishedService && wish.kind === 'service') published.change(wish.offer);
    });
    if (publication.isEstablished) answer.done();
    else if (before.answer === null) before.answer = answer;
    else answer.done();
  }

  #publish(wish: Wish, answer: RegistrationAnswer): Registered {
    const renaming: Renaming = this.settings.conflict === 'fail' ? null : this.#renaming;
    let published: PublishedHost | PublishedService;
    let basis: Publication | null = null;
    if (wish.kind === 'host') published = new PublishedHost(wish.label, wish.addresses, renaming);
    else {
      basis = this.#hostOfServices();
      published = new PublishedService(wish.instance, wish.type, wish.offer, basis.published, renaming);
      this.serviceTypes.classOf(wish.type);
      // Several instances of one name here are told apart as those of different hosts are.
      while (this.publications.withName(keyOf(published.name)).length > 0 && published.rename());
    }
    const publication = new Publication(published, this.announcer, this, basis);
    const registered: Registered = { publication, published, answer };
    const list = this.#registered.get(wish.key);
    if (list === undefined) this.#registered.set(wish.key, [registered]);
    else list.push(registered);
    this.publications.add(publication);
    publication.begin();
    return registered;
  }

  readonly #renaming = (from: string, to: string): void => {
    this.publications.changed();
    this.settings.renamed?.(shownName(from), shownName(to));
  };

  // This host has a name as soon as a service leads to it.
  #hostOfServices(): Publication {
    if (this.#ownHost === null) {
      const published = new PublishedHost(this.settings.hostName, null, this.#renaming);
      this.#ownHost = new Publication(published, this.announcer, this, null);
      this.publications.add(this.#ownHost);
      this.#ownHost.begin();
    }
    return this.#ownHost;
  }

  established(publication: Publication): void {
    if (publication === this.#ownHost) {
      const { name } = publication.published;
      if (this.#ownName !== null && this.#ownName !== name) {
        for (const each of this.publications.all) each.basisEstablished(publication);
      }
      this.#ownName = name;
      return;
    }
    this.#settle(publication, 0);
  }

  refused(publication: Publication): void {
    this.#settle(publication, WSAEADDRINUSE);
    for (const [key, list] of this.#registered) {
      const registered = list.find((each) => each.publication === publication);
      if (registered !== undefined) this.#withdraw(key, registered);
    }
  }

  #settle(publication: Publication, error: number): void {
    for (const list of this.#registered.values()) {
      const registered = list.find((each) => each.publication === publication);
      if (registered === undefined || registered.answer === null) continue;
      const { answer } = registered;
      registered.answer = null;
      if (error === 0) answer.done();
      else answer.fail(error);
    }
  }

  /** As the hook. */
  deregister(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    const wish = readWish(registration, this.serviceTypes, this.announcer.links(), false);
    if (typeof wish === 'number') {
      answer.fail(wish);
      return;
    }
    const registered = this.#registered.get(wish.key)?.at(-1) ?? this.#byName(wish);
    if (registered === undefined) {
      answer.fail(WSASERVICE_NOT_FOUND);
      return;
    }
    for (const key of [...this.#registered.keys()]) this.#withdraw(key, registered);
    answer.done();
  }

  // By the name that it has now, when it is another than was asked for.
  #byName(wish: Wish): Registered | undefined {
    const name = wish.kind === 'host' ? `${wish.label}.local` : instanceName(wish.instance, wish.type);
    const [publication] = this.publications.withName(keyOf(name));
    return [...this.#registered.values()].flat().find((each) => each.publication === publication);
  }

  #withdraw(key: string, registered: Registered): void {
    const list = this.#registered.get(key);
    const at = list?.indexOf(registered) ?? -1;
    if (at < 0) return;
    list!.splice(at, 1);
    if (list!.length === 0) this.#registered.delete(key);
    registered.publication.withdraw();
    this.publications.delete(registered.publication);
    if (registered.answer !== null && !registered.answer.isOver) registered.answer.fail(WSASERVICE_NOT_FOUND);
    registered.answer = null;
  }

  /** Everything says goodbye. */
  end(): void {
    for (const publication of [...this.publications.all]) {
      publication.withdraw();
      this.publications.delete(publication);
    }
    this.#registered.clear();
    this.#ownHost = null;
  }
}
