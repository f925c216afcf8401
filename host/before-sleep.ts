// What has to happen on a thread before one of its blocking calls goes to sleep.

/** Does what must not wait until the call is over; returns whether there was anything. */
export type BeforeSleep = () => boolean;

// Those of this thread.
const tasks = new Set<BeforeSleep>();

/**
 * Has a task run, from now on, whenever a blocking call of any instance of this thread would go to sleep; the function returned
 * ends that.
 */
export function beforeSleep(task: BeforeSleep): () => void {
  tasks.add(task);
  return () => void tasks.delete(task);
}

/** Runs the tasks; returns whether one of them had something to do, so that the call has to look again. */
export function prepareForSleep(): boolean {
  let didSomething = false;
  for (const task of tasks) if (task()) didSomething = true;
  return didSomething;
}
