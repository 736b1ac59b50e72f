/** Searching lists, and showing them a page at a time. */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { hasWords, pieceOf, searchWords } from "../../server/board_search.ts";
import { anyText } from "../support/texts.ts";

Deno.test("searchWords() and hasWords(): each word must be in one of the texts, in any case", () => {
  const words = searchWords("  ALICE  192.0 ");
  deepEqual(words, ["alice", "192.0"]);
  ok(hasWords(words, ["Alice@web1", "192.0.2.7", null]));
  ok(!hasWords(words, ["alice@web1", "198.51.100.7"]));
  ok(!hasWords(words, [null]));
  ok(hasWords(searchWords(""), []));
  // As names are compared: full width and half width are one.
  ok(hasWords(searchWords("ａｌｉｃｅ"), ["alice"]));
});

Deno.test("searchWords() bounds what it takes, whatever was typed", () => {
  fc.assert(fc.property(anyText(2_000), (text) => {
    const words = searchWords(text);
    ok(words.length <= 8);
    ok(words.every((word) => word !== "" && !/\s/.test(word)));
  }));
});

Deno.test("hasWords() finds a text by each of its own words", () => {
  fc.assert(fc.property(fc.array(fc.stringMatching(/^[a-zA-Z0-9.@:-]{1,20}$/)), (texts) => {
    ok(hasWords(searchWords(texts.join(" ")), texts));
  }));
});

Deno.test("pieceOf() shows each item on exactly one page, whatever page is asked for", () => {
  const sizes = { list: fc.integer({ min: 0, max: 60 }), page: fc.integer({ min: 1, max: 25 }) };
  fc.assert(fc.property(sizes.list, sizes.page, anyText(8), (length, size, asked) => {
    const items = Array.from({ length }, (_, index) => index);
    const { pages } = pieceOf(items, undefined, size);
    const all = Array.from({ length: pages }, (_, n) => pieceOf(items, String(n + 1), size).items);
    deepEqual(all.flat(), items);
    const odd = pieceOf(items, asked, size);
    ok(odd.page >= 1 && odd.page <= odd.pages && odd.items.length <= size);
  }));
  equal(pieceOf([1, 2, 3], "2", 2).page, 2);
  equal(pieceOf([1, 2, 3], "99", 2).page, 2);
  equal(pieceOf([1, 2, 3], "-1", 2).page, 1);
});
