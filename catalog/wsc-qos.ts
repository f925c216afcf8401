// The functions that install templates of quality of service.
import { isBuffer } from '../spi/arguments.js';
import { WSAEFAULT, WSAEINVAL, WSANO_RECOVERY, type QOS, type WSABUF } from '../spi/index.js';
import { change, Failure, needGuid, needString, run, type CatalogContext } from './arguments.js';
import { copySpecification, isSameQosName, MAX_QOS_NAME, type CatalogQosTemplate } from './qos-templates.js';
import { isMembers } from './rules.js';

/** The functions of templates, as methods of an instance have them (ws2spi.h). */
export interface QosTemplateFunctions {
  /**
   * Installs a template of quality of service, in place of the one of that name (ws2spi.h: WSCInstallQOSTemplate).
   * `WSAGetQOSByName` finds it on sockets of the provider from now on, in every process that uses the catalog.
   *
   * @param Guid the GUID of an installed provider
   * @param QosName the name in bytes, up to a NUL or the end: 1 to 255 characters, known in any case
   * @param Qos the quality of service
   * @returns 0; WSAEFAULT for bad pointers; WSAEINVAL for a malformed or unknown GUID, a name that is empty or too long, and
   *   members that are no 32-bit numbers; WSANO_RECOVERY when the catalog is damaged or may not be written, WSATRY_AGAIN when
   *   another process kept it locked, WSASYSCALLFAILURE when the system failed otherwise
   */
  WSCInstallQOSTemplate(Guid: string, QosName: WSABUF, Qos: QOS): number;
  /**
   * Removes a template that was installed (ws2spi.h: WSCRemoveQOSTemplate); those that are built in stay.
   *
   * @param Guid the GUID of the provider
   * @param QosName the name, as given when it was installed, in any case
   * @returns 0; WSAEINVAL when the provider has no such template, otherwise as `WSCInstallQOSTemplate`
   */
  WSCRemoveQOSTemplate(Guid: string, QosName: WSABUF): number;
}

/**
 * Makes the functions of templates.
 *
 * @param context the catalog they work on, and whom they tell of changes and damage
 */
export function createQosTemplateFunctions(context: CatalogContext): QosTemplateFunctions {
  return {
    WSCInstallQOSTemplate: (Guid, QosName, Qos) =>
      run(context, 'WSCInstallQOSTemplate', () => {
        needString(Guid, 'Guid');
        const name = needName(QosName);
        const template = needQos(Qos);
        const provider = needGuid(Guid, 'Guid');
        change(context, WSANO_RECOVERY, (draft) => {
          const installed = [...draft.protocols, ...(context.transient?.() ?? [])];
          if (!installed.some((item) => item.entry.ProviderId === provider)) {
            throw new Failure(WSAEINVAL, `no provider ${provider} is installed`);
          }
          const others = rowsOf(draft.qosTemplates).filter((row) => !isTemplate(row, provider, name));
          draft.qosTemplates = [...others, { provider, name, ...template }];
        });
      }).code,

    WSCRemoveQOSTemplate: (Guid, QosName) =>
      run(context, 'WSCRemoveQOSTemplate', () => {
        needString(Guid, 'Guid');
        const name = needName(QosName);
        const provider = needGuid(Guid, 'Guid');
        change(context, WSANO_RECOVERY, (draft) => {
          const rows = rowsOf(draft.qosTemplates);
          const others = rows.filter((row) => !isTemplate(row, provider, name));
          if (others.length === rows.length) {
            throw new Failure(
              WSAEINVAL,
              `provider ${provider} has no template "${name.slice(0, 60)}" that was installed`,
            );
          }
          draft.qosTemplates = others;
        });
      }).code,
  };
}

function rowsOf(kept: unknown): unknown[] {
  return Array.isArray(kept) ? kept : [];
}

function isTemplate(row: unknown, provider: string, name: string): boolean {
  if (!isMembers(row) || typeof row['name'] !== 'string') return false;
  return row['provider'] === provider && isSameQosName(row['name'], name);
}

function needName(given: unknown): string {
  if (!isBuffer(given)) throw new Failure(WSAEFAULT, 'QosName is no WSABUF with its bytes');
  const { buf, len } = given as WSABUF;
  const text = Buffer.from(buf.buffer, buf.byteOffset, len).toString('latin1');
  const [name] = text.split('\0') as [string];
  if (name === '' || name.length > MAX_QOS_NAME) {
    throw new Failure(WSAEINVAL, `the name of a template has 1 to ${MAX_QOS_NAME} characters, not ${name.length}`);
  }
  return name;
}

function needQos(given: unknown): Omit<CatalogQosTemplate, 'provider' | 'name'> {
  if (!isMembers(given)) throw new Failure(WSAEFAULT, 'Qos is no QOS');
  for (const member of ['SendingFlowspec', 'ReceivingFlowspec']) {
    if (!isMembers(given[member])) throw new Failure(WSAEFAULT, `Qos has no ${member}`);
  }
  const sending = copySpecification(given['SendingFlowspec']);
  const receiving = copySpecification(given['ReceivingFlowspec']);
  if (sending === null || receiving === null) {
    throw new Failure(WSAEINVAL, 'a flow specification has members that are no 32-bit numbers');
  }
  const specific = given['ProviderSpecific'];
  const template = { SendingFlowspec: sending, ReceivingFlowspec: receiving };
  if (specific === undefined || specific === null) return template;
  if (!isBuffer(specific)) throw new Failure(WSAEFAULT, 'ProviderSpecific is no WSABUF with its bytes');
  const { buf, len } = specific as WSABUF;
  if (len === 0) return template;
  return { ...template, ProviderSpecific: Buffer.from(buf.buffer, buf.byteOffset, len).toString('base64') };
}
