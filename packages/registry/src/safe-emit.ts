import type { EventEmitter } from 'node:events';
import type { Logger } from '@pulsekeeper/model';

/**
 * Tells every listener of an event, such that one that throws harms neither the emitter's loop nor the process nor the
 * listeners after it: what it threw is logged.
 */
export function safeEmit<Events extends Record<keyof Events, unknown[]>, Name extends keyof Events & string>(
  logger: Logger,
  emitter: EventEmitter<Events>,
  event: Name,
  ...args: Events[Name]
): void {
  // Raw, so that those of `once` take themselves off; a copy, so that this event is for those who listened before it.
  for (const listener of (emitter as EventEmitter).rawListeners(event)) {
    try {
      Reflect.apply(listener, emitter, args);
    } catch (err) {
      logger.error({ err, event }, 'listener threw');
    }
  }
}
