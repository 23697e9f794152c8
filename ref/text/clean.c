/* clean.c: test: tests/text/test_clean.c. */
#include "ref/text/clean.h"

#include "ref/text/ftfy.h"
#include "ref/text/unicode.h"

#include <string.h>

ts_status ts_clean_named(ts_ctx *ctx, ts_clean *out, const char *name)
{
    static const char *const names[] = {"fast", "ftfy", "basic"};
    for (int i = 0; i < 3; i++) {
        if (!strcmp(name, names[i])) {
            *out = (ts_clean)i;
            return TS_OK;
        }
    }
    return ts_fail(ctx, TS_ERROR_USAGE, "there is no cleaning \"%.40s\": fast, ftfy or basic",
                   name);
}

/* Every run of white space becomes one blank; with `strip` none is left at the ends. */
static void collapse(ts_runes *text, bool strip)
{
    int64_t n = 0;
    for (int64_t i = 0; i < text->count; i++) {
        if (!ts_is_space(text->at[i]))
            text->at[n++] = text->at[i];
        else if (n == 0 ? !strip : text->at[n - 1] != ' ')
            text->at[n++] = ' ';
    }
    if (strip && n && text->at[n - 1] == ' ')
        n--;
    text->count = n;
}

/* BERT's clean_text and tokenize_chinese_chars. */
static ts_status filter(ts_ctx *ctx, ts_runes *text)
{
    ts_runes out = {0};
    for (int64_t i = 0; i < text->count && !ctx->status; i++) {
        const int32_t c = text->at[i];
        const bool blank = c == '\t' || c == '\n' || c == '\r' || ts_is_space_separator(c);
        if (!blank && (c == 0xFFFD || ts_is_other(c)))
            continue;
        if (ts_is_ideograph(c)) {
            ts_runes_add(ctx, &out, ' ');
            ts_runes_add(ctx, &out, c);
            ts_runes_add(ctx, &out, ' ');
        } else {
            ts_runes_add(ctx, &out, blank ? ' ' : c);
        }
    }
    ts_runes_free(text);
    *text = out;
    return ctx->status;
}

ts_status ts_clean_runes(ts_ctx *ctx, ts_runes *text, ts_clean how)
{
    if (how == TS_CLEAN_FTFY) {
        if (ts_ftfy(ctx, text))
            return ctx->status;
    } else {
        if (how == TS_CLEAN_BASIC && filter(ctx, text))
            return ctx->status;
        if (ts_runes_nfc(ctx, text))
            return ctx->status;
    }
    collapse(text, how != TS_CLEAN_FAST);
    return ts_runes_lower(ctx, text, how != TS_CLEAN_FAST);
}
