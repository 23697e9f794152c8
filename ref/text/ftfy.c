/* ftfy.c: each fix reads one array and writes another. Test: tests/text/test_ftfy.c. */
#include "ref/text/ftfy.h"

#include "ref/text/unicode.h"

#include <string.h>

/* Windows-1252 at 0x80 .. 0x9F; the five places it leaves open stay what they are. */
static const int32_t windows_1252[32] = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E, 0x178};

static void add_text(ts_ctx *ctx, ts_runes *out, const char *utf8)
{
    ts_runes_decode(ctx, out, utf8, (int64_t)strlen(utf8));
}

static const char *entity(const char *name)
{
    int low = 0, high = ts_entities_count;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        const int order = strcmp(ts_entities[middle].name, name);
        if (!order)
            return ts_entities[middle].text;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int digit(int32_t c, int base)
{
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 16;
    return value < base ? value : -1;
}

/* The number between "&#" and ";" (saturated above Unicode), or -1 when it is none. */
static int64_t numbered(const char *name)
{
    const int base = name[0] == 'x' || name[0] == 'X' ? 16 : 10;
    int64_t value = 0;
    if (base == 16)
        name++;
    if (!*name)
        return -1;
    for (; *name; name++) {
        const int d = digit(*name, base);
        if (d < 0)
            return -1;
        value = value > 0x10FFFF ? value : value * base + d;
    }
    return value;
}

/* What a numbered reference stands for by the rules of HTML 5, appended; false: it is left as it
 * is. A semicolon is left, too: the library takes one in the result for the reference's own. */
static bool add_numbered(ts_ctx *ctx, ts_runes *out, int64_t n)
{
    if (n < 0 || n == ';')
        return false;
    if (n == 0 || (n >= 0xD800 && n <= 0xDFFF) || n > 0x10FFFF)
        ts_runes_add(ctx, out, 0xFFFD);
    else if (n >= 0x80 && n <= 0x9F)
        ts_runes_add(ctx, out, windows_1252[n - 0x80]);
    else if (n == '\t' || n == '\n' || n == '\f' || n == '\r' || (n >= 0x20 && n != 0x7F &&
             !(n >= 0xFDD0 && n <= 0xFDEF) && (n & 0xFFFE) != 0xFFFE))
        ts_runes_add(ctx, out, (int32_t)n);
    return true;
}

/* & #? letters and digits (1 to 24) ;  The length, 0 when nothing of the kind begins at i; the part
 * between & and ; goes to name. */
static int64_t reference(const ts_runes *in, int64_t i, char name[32])
{
    int64_t j = i + 1, n = 0, letters = 0;
    if (j < in->count && in->at[j] == '#')
        name[n++] = (char)in->at[j++];
    for (; j < in->count && letters < 24; j++, letters++) {
        const int32_t c = in->at[j];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            break;
        name[n++] = (char)c;
    }
    name[n] = 0;
    return letters && j < in->count && in->at[j] == ';' ? j + 1 - i : 0;
}

static void unescape(ts_ctx *ctx, ts_runes *out, const ts_runes *in)
{
    for (int64_t i = 0; i < in->count && !ctx->status;) {
        char name[32];
        const int64_t n = in->at[i] == '&' ? reference(in, i, name) : 0;
        const char *const text = n && name[0] != '#' ? entity(name) : NULL;
        if (text)
            add_text(ctx, out, text);
        else if (!n || name[0] != '#' || !add_numbered(ctx, out, numbered(name + 1)))
            for (int64_t j = i; j < i + (n ? n : 1); j++)
                ts_runes_add(ctx, out, in->at[j]);
        i += n ? n : 1;
    }
}

static void replace(ts_ctx *ctx, ts_runes *out, const ts_runes *in, const ts_replacement *table,
                    int count)
{
    for (int64_t i = 0; i < in->count && !ctx->status; i++) {
        int low = 0, high = count;
        while (low < high) {
            const int middle = low + (high - low) / 2;
            if (table[middle].rune < in->at[i])
                low = middle + 1;
            else
                high = middle;
        }
        if (low < count && table[low].rune == in->at[i])
            add_text(ctx, out, table[low].text);
        else
            ts_runes_add(ctx, out, in->at[i]);
    }
}

static void ligatures(ts_ctx *ctx, ts_runes *out, const ts_runes *in)
{
    replace(ctx, out, in, ts_ligatures, ts_ligatures_count);
}

static void widths(ts_ctx *ctx, ts_runes *out, const ts_runes *in)
{
    replace(ctx, out, in, ts_widths, ts_widths_count);
}

static void c1_controls(ts_ctx *ctx, ts_runes *out, const ts_runes *in)
{
    for (int64_t i = 0; i < in->count && !ctx->status; i++) {
        const int32_t c = in->at[i];
        ts_runes_add(ctx, out, c >= 0x80 && c <= 0x9F ? windows_1252[c - 0x80] : c);
    }
}

static void quotes_and_breaks(ts_ctx *ctx, ts_runes *out, const ts_runes *in)
{
    for (int64_t i = 0; i < in->count && !ctx->status; i++) {
        int32_t c = in->at[i];
        if (c >= 0x201C && c <= 0x201F)
            c = '"';
        else if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B))
            c = '\'';
        else if (c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85)
            c = '\n';
        ts_runes_add(ctx, out, c);
        if (in->at[i] == '\r' && i + 1 < in->count && in->at[i + 1] == '\n')
            i++;
    }
}

/* ESC [ digits and semicolons, then a letter: the digits of any script, as \d has them. */
static int64_t escape_sequence(const ts_runes *in, int64_t i)
{
    int64_t j = i + 1;
    if (in->at[i] != 0x1B || j == in->count || in->at[j] != '[')
        return 0;
    for (j++; j < in->count && (in->at[j] == ';' || ts_is_digit(in->at[j])); j++)
        ;
    if (j == in->count)
        return 0;
    const int32_t c = in->at[j];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? j + 1 - i : 0;
}

static void terminal_escapes(ts_ctx *ctx, ts_runes *out, const ts_runes *in)
{
    for (int64_t i = 0; i < in->count && !ctx->status;) {
        const int64_t n = escape_sequence(in, i);
        if (!n)
            ts_runes_add(ctx, out, in->at[i]);
        i += n ? n : 1;
    }
}

/* Control characters without effect on text, and those that do not belong into marked-up text
 * (Unicode technical report 20); tab, line feed, form feed stay. */
static void controls(ts_ctx *ctx, ts_runes *out, const ts_runes *in)
{
    for (int64_t i = 0; i < in->count && !ctx->status; i++) {
        const int32_t c = in->at[i];
        const bool removed = c < 9 || c == 0x0B || (c >= 0x0E && c < 0x20) || c == 0x7F ||
                             (c >= 0x206A && c <= 0x206F) || c == 0xFEFF ||
                             (c >= 0xFFF9 && c <= 0xFFFC);
        if (!removed)
            ts_runes_add(ctx, out, c);
    }
}

typedef void fix(ts_ctx *ctx, ts_runes *out, const ts_runes *in);

static void apply(ts_ctx *ctx, ts_runes *text, fix *f)
{
    ts_runes out = {0};
    f(ctx, &out, text);
    ts_runes_free(text);
    *text = out;
}

static bool same(const ts_runes *a, const ts_runes *b)
{
    return a->count == b->count &&
           (!a->count || !memcmp(a->at, b->at, (size_t)a->count * sizeof *a->at));
}

/* One line, until nothing changes. */
static void fix_line(ts_ctx *ctx, ts_runes *line, bool references)
{
    static fix *const fixes[] = {c1_controls,       ligatures,        widths,
                                 quotes_and_breaks, terminal_escapes, controls};
    bool changed = true;
    while (changed && !ctx->status) {
        ts_runes before = {0};
        for (int64_t i = 0; i < line->count; i++)
            if (ts_runes_add(ctx, &before, line->at[i]))
                break;
        if (references)
            apply(ctx, line, unescape);
        for (size_t i = 0; i < sizeof fixes / sizeof *fixes; i++)
            apply(ctx, line, fixes[i]);
        if (!ctx->status)
            ts_runes_nfc(ctx, line);
        changed = !same(line, &before);
        ts_runes_free(&before);
    }
}

ts_status ts_ftfy(ts_ctx *ctx, ts_runes *text)
{
    enum { LONGEST = 1000000 }; /* a line longer than this is cut, as the library cuts it */
    ts_runes out = {0};
    bool references = true;
    for (int64_t i = 0; i < text->count && !ctx->status;) {
        ts_runes line = {0};
        do {
            references = references && text->at[i] != '<';
            ts_runes_add(ctx, &line, text->at[i++]);
        } while (!ctx->status && i < text->count && text->at[i - 1] != '\n' &&
                 line.count < LONGEST);
        fix_line(ctx, &line, references);
        for (int64_t j = 0; j < line.count && !ctx->status; j++)
            ts_runes_add(ctx, &out, line.at[j]);
        ts_runes_free(&line);
    }
    ts_runes_free(text);
    *text = out;
    return ctx->status;
}
