/** A fenced block of code in a Markdown file. */
export interface CodeBlock {
  /** Relative to the repository. */
  readonly file: string;
  /** Of the fence, from 1. */
  readonly line: number;
  /** The first word behind the fence: `ts`, `js`, `sh`, … */
  readonly language: string;
  /** The other words behind the fence. */
  readonly flags: readonly string[];
  readonly code: string;
}

/** All fenced blocks of a Markdown text. */
export function codeBlocks(file: string, markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; indent: string; info: string[]; lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, indent = '', info = ''] = /^(\s*)```(.*)$/.exec(text) ?? [];
    const isFence = text.trimStart().startsWith('```');
    if (open === undefined) {
      if (isFence) open = { line: index + 1, indent, info: info.trim().split(/\s+/), lines: [] };
    } else if (isFence) {
      const [language = '', ...flags] = open.info;
      blocks.push({ file, line: open.line, language, flags, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else {
      open.lines.push(text.startsWith(open.indent) ? text.slice(open.indent.length) : text);
    }
  }
  return blocks;
}
