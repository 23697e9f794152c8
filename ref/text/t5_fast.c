/* t5_fast.c: running the parts of tokenizer.json (t5_fast_read.c reads them). Test:
 * tests/text/test_t5_fast.c. */
#include "ref/text/t5_fast.h"

#include "ref/text/unicode.h"

#include <string.h>

void ts_t5_fast_close(ts_t5_fast *f)
{
    for (int i = 0; i < f->steps; i++) {
        ts_free(f->step[i].pattern);
        ts_free(f->step[i].content);
    }
    ts_added_free(&f->added);
    ts_charsmap_free(&f->map);
    ts_unigram_free(&f->unigram);
    *f = (ts_t5_fast){0};
}

/* The bytes of a white-space character that begins at text, or 0. */
static int space_at(const char *text, int64_t bytes)
{
    int32_t rune;
    const int n = ts_utf8_get(text, bytes, &rune);
    return n && ts_is_space(rune) ? n : 0;
}

static void strip(const ts_t5_step *s, ts_bytes *text)
{
    int64_t first = 0, last = text->count;
    for (int n; s->left && first < last && (n = space_at(text->at + first, last - first));)
        first += n;
    while (s->right && last > first) {
        int64_t i = last - 1;
        while (i > first && ((unsigned char)text->at[i] & 0xC0) == 0x80)
            i--;
        if (!space_at(text->at + i, last - i))
            break;
        last = i;
    }
    if (last > first)
        memmove(text->at, text->at + first, (size_t)(last - first));
    text->count = last - first;
}

/* How many bytes the step's pattern covers at text, or 0. */
static int64_t covers(const ts_t5_step *s, const char *text, int64_t bytes)
{
    if (s->kind == TS_STEP_BLANKS) {
        int64_t n = 0;
        while (n < bytes && text[n] == ' ')
            n++;
        return n >= 2 ? n : 0;
    }
    const int64_t n = (int64_t)strlen(s->pattern);
    return n && n <= bytes && !memcmp(text, s->pattern, (size_t)n) ? n : 0;
}

static ts_status replace(ts_ctx *ctx, const ts_t5_step *s, ts_bytes *text)
{
    ts_bytes out = {0};
    for (int64_t i = 0; i < text->count && !ctx->status;) {
        const int64_t n = covers(s, text->at + i, text->count - i);
        if (n)
            ts_bytes_add(ctx, &out, s->content, (int64_t)strlen(s->content));
        else
            ts_bytes_add(ctx, &out, text->at + i, 1);
        i += n ? n : 1;
    }
    ts_bytes_free(text);
    *text = out;
    return ctx->status;
}

static ts_status normalize(ts_ctx *ctx, const ts_t5_fast *f, ts_bytes *text)
{
    for (int i = 0; i < f->steps && !ctx->status; i++) {
        const ts_t5_step *const s = &f->step[i];
        if (s->kind == TS_STEP_MAP) {
            ts_bytes out = {0};
            ts_charsmap_graphemes(ctx, &f->map, &out, text->at, text->count);
            ts_bytes_free(text);
            *text = out;
        } else if (s->kind == TS_STEP_STRIP) {
            strip(s, text);
        } else {
            replace(ctx, s, text);
        }
    }
    return ctx->status;
}

/* Metaspace: blanks become the mark, one is put in front, and a piece begins at each. */
static ts_status metaspace(ts_ctx *ctx, const ts_t5_fast *f, ts_ids *out, const char *text,
                           int64_t bytes, bool first)
{
    const int64_t mark = (int64_t)strlen(f->blank);
    const bool marked = (text[0] == ' ') ||
                        (bytes >= mark && !memcmp(text, f->blank, (size_t)mark));
    ts_bytes all = {0};
    if (!marked && (f->scheme == TS_PREFIX_ALWAYS || (f->scheme == TS_PREFIX_FIRST && first)))
        ts_bytes_add(ctx, &all, f->blank, mark);
    for (int64_t i = 0; i < bytes && !ctx->status; i++) {
        if (text[i] == ' ')
            ts_bytes_add(ctx, &all, f->blank, mark);
        else
            ts_bytes_add(ctx, &all, text + i, 1);
    }
    for (int64_t i = 0; i < all.count && !ctx->status;) {
        int64_t end = i + 1;
        while (end < all.count && !(f->split && all.count - end >= mark &&
                                    !memcmp(all.at + end, f->blank, (size_t)mark)))
            end++;
        ts_unigram_encode(ctx, &f->unigram, out, all.at + i, end - i);
        i = end;
    }
    ts_bytes_free(&all);
    return ctx->status;
}

/* Text between added tokens; `first`: it stands at the very beginning. */
static ts_status plain(ts_ctx *ctx, const ts_t5_fast *f, ts_ids *out, const char *text,
                       int64_t bytes, bool first)
{
    ts_bytes normal = {0};
    if (!ts_bytes_add(ctx, &normal, text, bytes) && !normalize(ctx, f, &normal)) {
        if (!f->words && normal.count)
            metaspace(ctx, f, out, normal.at, normal.count, first);
        for (int64_t i = 0; f->words && i < normal.count && !ctx->status;) {
            const int n = space_at(normal.at + i, normal.count - i);
            int64_t end = i + n;
            while (!n && end < normal.count && !space_at(normal.at + end, normal.count - end))
                end++;
            if (!n)
                metaspace(ctx, f, out, normal.at + i, end - i, first && i == 0);
            i = end;
        }
    }
    ts_bytes_free(&normal);
    return ctx->status;
}

ts_status ts_t5_fast_encode(ts_ctx *ctx, const ts_t5_fast *f, ts_ids *out, const char *text,
                            int64_t bytes)
{
    for (int64_t from = 0; !ctx->status && from < bytes;) {
        int64_t stop;
        const int64_t first = from, id = ts_added_next(&f->added, text, bytes, &from, &stop);
        if (stop > first)
            plain(ctx, f, out, text + first, stop - first, first == 0);
        if (id >= 0 && !ctx->status)
            ts_ids_add(ctx, out, id);
    }
    return ctx->status;
}
