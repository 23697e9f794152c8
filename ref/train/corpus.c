/* corpus.c: bytes as tokens.
 * Test: tests/train/test_corpus.c */
#include "ref/train/corpus.h"

#include "ref/base/rng.h"
#include "ref/io/file.h"

ts_status ts_corpus_read(ts_ctx *ctx, ts_corpus *text, const char *path)
{
    int64_t size = 0;
    int token[256] = {0};
    *text = (ts_corpus){0};
    char *bytes = ts_file_read(ctx, path, (int64_t)1 << 30, &size);
    if (!ctx->status && size < 2)
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: a text of %lld bytes", path, (long long)size);
    text->ids = ctx->status ? NULL : ts_alloc((size_t)size * sizeof *text->ids);
    if (!ctx->status && !text->ids)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for %lld tokens", path, (long long)size);
    if (!ctx->status) {
        for (int64_t i = 0; i < size; i++)
            token[(unsigned char)bytes[i]] = 1;
        for (int b = 0; b < 256; b++)
            if (token[b]) {
                text->byte[text->vocabulary] = (uint8_t)b;
                token[b] = text->vocabulary++;
            }
        for (int64_t i = 0; i < size; i++)
            text->ids[i] = token[(unsigned char)bytes[i]];
        text->count = size;
    }
    ts_free(bytes);
    return ctx->status;
}

void ts_corpus_free(ts_corpus *text)
{
    ts_free(text->ids);
    *text = (ts_corpus){0};
}

void ts_corpus_draw(const ts_corpus *text, int64_t first, int64_t count, int64_t length, uint64_t seed,
                  int64_t step, int64_t row, int64_t *ids, int64_t *next)
{
    int64_t at = 0;
    ts_philox_ints(&at, seed, (uint64_t)step, (uint64_t)row, 1, 0, count - length);
    for (int64_t i = 0; i < length; i++) {
        ids[i] = text->ids[first + at + i];
        next[i] = text->ids[first + at + i + 1];
    }
}
