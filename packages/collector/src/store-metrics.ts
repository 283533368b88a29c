import type { Store } from '@pulsekeeper/store';
import { Counter, type Registry } from 'prom-client';

/** Adds what the store counts of frames that it lost and of what Redis answered instead of a reply. */
export function exposeStoreMetrics(registry: Registry, store: Pick<Store, 'health'>): void {
  new Counter({
    name: 'pulsekeeper_store_dropped_frames_total',
    help: 'Frames that were never written: the buffer was full, or they were older than the retention.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(store.health().droppedFrames);
    },
  });
  new Counter({
    name: 'pulsekeeper_store_errors_total',
    help: 'What came instead of a reply of Redis, by class, such as LOADING, OOM, timeout or connection.',
    labelNames: ['class'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [name, count] of Object.entries(store.health().errors)) this.inc({ class: name }, count);
    },
  });
}
