import { SLOT_COUNTS } from '../schedule/slot-counters.ts';
import type { TargetState } from '../engine/target-state.ts';

const NAME = 'pulsekeeper_target_slots_total';

/**
 * The slots of each target as Prometheus text. Apart from the collector's other metrics, since its size grows with the
 * targets: `O(targets)`, nine lines each.
 */
export function targetSlotsText(targets: Iterable<Pick<TargetState, 'target' | 'slots'>>): string {
  const lines = [
    `# HELP ${NAME} Slots of a target by how they ended, as this collector counts them.`,
    `# TYPE ${NAME} counter`,
  ];
  for (const { target, slots } of targets) {
    const label = target.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    for (const result of SLOT_COUNTS) lines.push(`${NAME}{target="${label}",result="${result}"} ${slots[result]}`);
  }
  return `${lines.join('\n')}\n`;
}
