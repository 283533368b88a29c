import type { Logger } from '@pulsekeeper/model';

/**
 * Runs an emit such that a listener that throws harms neither the emitter's loop nor the process: it is logged. The
 * listeners after the one that threw do not see that event.
 */
export function safeEmit(logger: Logger, event: string, emit: () => void): void {
  try {
    emit();
  } catch (err) {
    logger.error({ err, event }, 'listener threw');
  }
}
