// Functions of an instance whose part is loaded when the first of them is called.

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Makes what stands for the functions of a part: each has the name and the number of arguments of the one that it calls, and
 * stays the instance's function when the part is there.
 *
 * @param argumentCounts every function of the part, and how many arguments it has
 * @param load gives the functions, and loads them when it is first called
 */
export function standInsFor<Functions extends object>(
  argumentCounts: Readonly<Record<keyof Functions & string, number>>,
  load: () => Functions,
): Functions {
  const standIns: Record<string, AnyFunction> = {};
  for (const name of Object.keys(argumentCounts) as (keyof Functions & string)[]) {
    const call: AnyFunction = (...args) => (load()[name] as AnyFunction)(...args);
    standIns[name] = Object.defineProperties(call, { name: { value: name }, length: { value: argumentCounts[name] } });
  }
  return standIns as Functions;
}
