/**
 * What one source file imports and uses, read from its syntax tree. The tree is the linter's, so
 * strings and comments that look like code are not taken for it.
 */

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** "types" is gone when the program runs; "lazy" is an `import()`. */
  readonly kind: "static" | "lazy" | "types";
  /** What an `import {…}` takes of it, by its name there; undefined for all other forms. */
  readonly names?: readonly string[];
}

export interface Use {
  /** A global and what is taken of it: "Deno.stdin.read", "fetch()"; "Deno[]" if computed. */
  readonly name: string;
  readonly line: number;
}

export interface Facts {
  /** From the checkout's folder: "lib/core/login.ts". */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Lines of `import(…)` whose argument is not a string literal. */
  readonly unclearImports: readonly number[];
  readonly uses: readonly Use[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
}

/** @param path names the file in the result; its ending says what language it is */
export function readFacts(path: string, text: string): Facts {
  const imports: Import[] = [];
  const unclearImports: number[] = [];
  const uses: Use[] = [];
  const comments: { text: string; line: number }[] = [];
  const lineOf = (node: { range: Deno.lint.Range }) =>
    text.slice(0, node.range[0]).split("\n").length;
  const add = (node: Deno.lint.StringLiteral, kind: Import["kind"]) =>
    imports.push({ specifier: node.value, line: lineOf(node), kind });

  const reader: Deno.lint.LintVisitor = {
    Program(node) {
      for (const comment of node.comments) {
        comments.push({ text: comment.value, line: lineOf(comment) });
      }
    },
    ImportDeclaration(node) {
      const kind = node.importKind === "type" ? "types" : "static";
      const names = node.specifiers.map((one) =>
        one.type === "ImportSpecifier" && one.imported.type === "Identifier"
          ? one.imported.name
          : "*"
      );
      imports.push({ specifier: node.source.value, line: lineOf(node.source), kind, names });
    },
    ExportNamedDeclaration(node) {
      if (node.source) add(node.source, node.exportKind === "type" ? "types" : "static");
    },
    ExportAllDeclaration(node) {
      add(node.source, node.exportKind === "type" ? "types" : "static");
    },
    ImportExpression(node) {
      const { source } = node;
      if (source.type === "Literal" && typeof source.value === "string") {
        imports.push({ specifier: source.value, line: lineOf(source), kind: "lazy" });
      } else {
        unclearImports.push(lineOf(node));
      }
    },
    Identifier(node) {
      const name = useOf(node);
      if (name !== undefined) uses.push({ name, line: lineOf(node) });
    },
  };
  Deno.lint.runPlugin({ name: "house", rules: { facts: { create: () => reader } } }, path, text);
  return { path, imports, unclearImports, uses, comments };
}

/** The name with what is taken of it, or undefined when it only names a property. */
function useOf(node: Deno.lint.Identifier): string | undefined {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      if (parent.object.range[0] !== node.range[0]) return parent.computed ? node.name : undefined;
      return parent.computed ? `${node.name}[]` : `${node.name}${taken(parent)}`;
    case "TSQualifiedName":
      return parent.left.range[0] === node.range[0]
        ? `${node.name}.${parent.right.name}`
        : undefined;
    case "NewExpression":
      return parent.arguments.length === 0 ? `new ${node.name}()` : `new ${node.name}`;
    case "CallExpression":
      return parent.callee.range[0] === node.range[0] ? `${node.name}()` : node.name;
    case "Property":
      if (parent.shorthand) return node.name;
      return parent.key.range[0] === node.range[0] && !parent.computed ? undefined : node.name;
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent.key.range[0] === node.range[0] && !parent.computed ? undefined : node.name;
    default:
      return node.name;
  }
}

/** ".stdin.read" of `Deno.stdin.read`: as far as the names go. */
function taken(member: Deno.lint.MemberExpression): string {
  const { property, parent, range } = member;
  if (member.computed || property.type !== "Identifier") return "";
  const more = parent.type === "MemberExpression" && parent.object.range[0] === range[0];
  return `.${property.name}${more ? taken(parent) : ""}`;
}
