#!/usr/bin/env python3
"""Writes ref/text/case_table.c and ref/text/ftfy_table.c.

Properties of characters and the lists of replacements are facts: the first are read off Python's
str.lower, the others off ftfy 6.3.1. Run with both at hand:  scripts/text/tables.py"""
import html.entities
import sys
from pathlib import Path

from ftfy import chardata

ROOM = Path(__file__).resolve().parents[2] / "ref" / "text"


def ranges(test):
    found = []
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000 or not test(chr(c)):
            continue
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def final(text):
    return (text + "\u03a3").lower().endswith("\u03c2")


def write_ranges(out, name, found):
    out.write(f"const ts_rune_range {name}_ranges[] = {{\n")
    for i in range(0, len(found), 4):
        row = ", ".join(f"{{0x{a:X}, 0x{b:X}}}" for a, b in found[i : i + 4])
        out.write(f"    {row},\n")
    out.write(f"}};\nconst int {name}_count = {len(found)};\n")


def quoted(text):
    body = "".join(
        chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode()
    )
    return f'"{body}"'


def write_pairs(out, kind, name, rows):
    out.write(f"const {kind} {name}[] = {{\n")
    for row in rows:
        out.write(f"    {row},\n")
    out.write(f"}};\nconst int {name}_count = {len(rows)};\n")


def main():
    with open(ROOM / "case_table.c", "w") as out:
        out.write(
            "/* case_table.c: made by scripts/text/tables.py, not to be edited. Characters with the\n"
            " * properties Cased and Case_Ignorable; those that are both stand in the second. */\n"
            '#include "ref/text/unicode.h"\n\n'
        )
        skipped = lambda c: final("a" + c) and not final(c)
        write_ranges(out, "ts_cased", ranges(final))
        out.write("\n")
        write_ranges(out, "ts_case_ignorable", ranges(skipped))
    with open(ROOM / "ftfy_table.c", "w") as out:
        out.write(
            "/* ftfy_table.c: made by scripts/text/tables.py, not to be edited. Named character\n"
            " * references (HTML 5, and those in capitals that are unambiguous), sorted by name; single\n"
            " * characters that are replaced: ligatures of Latin letters, half- and full-width forms. */\n"
            '#include "ref/text/ftfy.h"\n\n'
        )
        entities = sorted((k[1:-1], v) for k, v in chardata.HTML_ENTITIES.items())
        write_pairs(
            out, "ts_entity", "ts_entities", [f"{{{quoted(k)}, {quoted(v)}}}" for k, v in entities]
        )
        out.write("\n")
        for name, table in ("ts_ligatures", chardata.LIGATURES), ("ts_widths", chardata.WIDTH_MAP):
            rows = [f"{{0x{c:X}, {quoted(v)}}}" for c, v in sorted(table.items())]
            write_pairs(out, "ts_replacement", name, rows)
            out.write("\n")


if __name__ == "__main__":
    sys.exit(main())
