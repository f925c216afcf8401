// The options that an application has set, kept small: most sockets have one or two, and there may be very many sockets.

/** Values of options in pairs of key and value; never changed, but replaced, so that sockets can share them. */
export type OptionValues = readonly number[];

/** The value of an option; `undefined` when it was never set. */
export function optionValue(values: OptionValues | null, key: number): number | undefined {
  if (values === null) return undefined;
  for (let at = 0; at < values.length; at += 2) if (values[at] === key) return values[at + 1];
  return undefined;
}

/** What was made last, and from what: a server sets the same options on every connection, one after the other. */
let last: { readonly before: OptionValues | null; readonly key: number; readonly value: number; after: OptionValues } =
  {
    before: null,
    key: -1,
    value: 0,
    after: [],
  };

/** The values with one of them set. */
export function withOption(values: OptionValues | null, key: number, value: number): OptionValues {
  if (last.before === values && last.key === key && last.value === value) return last.after;
  last = { before: values, key, value, after: replaced(values, key, value) };
  return last.after;
}

function replaced(values: OptionValues | null, key: number, value: number): OptionValues {
  if (values === null) return [key, value];
  const before = values.slice();
  for (let at = 0; at < before.length; at += 2) {
    if (before[at] !== key) continue;
    before[at + 1] = value;
    return before;
  }
  return [...before, key, value];
}
