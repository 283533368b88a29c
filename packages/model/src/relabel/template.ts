/** What a text with references to groups becomes for one match. */
export type Template = (groups: readonly (string | undefined)[], names: Readonly<Record<string, number>>) => string;

/** `$name` and `${name}`; a name is the longest run of letters, digits and underscores. */
const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
const GROUP_NUMBER = /^(?:0|[1-9][0-9]{0,8})$/;

/** Whether a text refers to groups at all. */
export function hasReference(text: string): boolean {
  return text.includes('$');
}

/**
 * Compiles a text in which `$1`, `$name` and `${name}` stand for what groups matched, by the rules of Go's
 * `Regexp.Expand`: `$1x` is the group `1x`, not `1`; unknown groups and those without a match are empty; `$$` is a dollar
 * sign, and so is one that begins no reference.
 */
export function compileTemplate(text: string): Template {
  const parts: (string | { readonly group: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(REFERENCE)) {
    parts.push(text.slice(from, match.index));
    const group = match[1] ?? match[2];
    parts.push(group === undefined ? '$' : { group });
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return (groups, names) => {
    let expanded = '';
    for (const part of parts) {
      expanded += typeof part === 'string' ? part : (groups[groupIndex(part.group, names)] ?? '');
    }
    return expanded;
  };
}

function groupIndex(group: string, names: Readonly<Record<string, number>>): number {
  if (GROUP_NUMBER.test(group)) {
    return Number(group);
  }
  return Object.hasOwn(names, group) ? (names[group] ?? -1) : -1;
}
