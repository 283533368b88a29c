import type { Paint, Palette } from '../output/palette.ts';
import type { TargetHealth } from '../views/target-list.ts';

/** The colour of a health. */
export function healthPaint(health: TargetHealth, palette: Palette): Paint {
  switch (health) {
    case 'up':
      return palette.good;
    case 'unknown':
      return palette.warning;
    case 'down':
    case 'rejected':
      return palette.bad;
  }
}
