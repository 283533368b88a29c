import { uniteContents, withoutSeen, type DirectoryContent } from './directory-content.ts';

/** Which znodes a tree hangs on; a root that was made anew is another tree, even under the same path. */
export interface TreeRoots {
  /** Identity of `/services`, see {@link rootIdentity}; `undefined` when it is missing. */
  readonly services: string | undefined;
  /** Identity of `/collectors`, likewise. */
  readonly collectors: string | undefined;
}

/** A tree together with its roots. */
export interface RootedContent {
  readonly roots: TreeRoots;
  readonly content: DirectoryContent;
}

/** What is held on to while a tree is under suspicion. */
export interface HeldContent {
  readonly content: DirectoryContent;
  /** Monotonic ms at which it is let go. */
  readonly untilMs: number;
}

/** Identity of a root znode. The transaction id alone may repeat after a server lost its data; the time does not. */
export function rootIdentity(stat: { readonly czxid: bigint; readonly ctimeMs: number }): string {
  return `${stat.czxid}@${stat.ctimeMs}`;
}

/**
 * Why a tree cannot be believed at once, or `undefined` when it can.
 *
 * Instances that leave, even all of them, leave their service's znode behind: that is believed. A root that vanished
 * or was made anew, or all service znodes gone at once, looks like a server that lost its data.
 */
export function suspicionOf(before: RootedContent, after: RootedContent): string | undefined {
  if (before.content.services.size > 0) {
    if (after.roots.services === undefined) return '/services is missing';
    if (after.roots.services !== before.roots.services) return '/services was made anew';
    if (after.content.services.size === 0) return '/services is empty';
  }
  if (before.content.collectors.size > 0) {
    if (after.roots.collectors === undefined) return '/collectors is missing';
    if (after.roots.collectors !== before.roots.collectors) return '/collectors was made anew';
  }
  return undefined;
}

/** What to show while a content is held: what is new is let in, what is gone stays. */
export function applyHold(content: DirectoryContent, held: HeldContent | undefined): DirectoryContent {
  return held === undefined ? content : uniteContents(held.content, content);
}

/**
 * What to hold on to after `content` was read. What the new tree has shown once is held no longer: when it goes from
 * there, it went in order. `undefined` when nothing is held.
 */
export function holdLess(held: HeldContent | undefined, content: DirectoryContent): HeldContent | undefined {
  if (held === undefined) return undefined;
  const rest = withoutSeen(held.content, content);
  return rest === held.content ? held : { ...held, content: rest };
}
