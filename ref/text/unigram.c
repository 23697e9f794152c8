/* unigram.c: test: tests/text/test_unigram.c. */
#include "ref/text/unigram.h"

#include "ref/text/runes.h"

ts_status ts_unigram_add(ts_ctx *ctx, ts_unigram *u, const char *piece, int64_t bytes,
                         double score, bool matched)
{
    if (u->count == u->room) {
        const int64_t room = u->room ? 2 * u->room : 1024;
        int64_t size;
        double *const wider = ts_mul_size(room, (int64_t)sizeof *wider, &size)
                                  ? ts_realloc(u->score, (size_t)size)
                                  : NULL;
        if (!wider)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld pieces", (long long)room);
        u->score = wider;
        u->room = room;
    }
    if (matched && bytes && ts_trie_put(ctx, &u->trie, piece, bytes, u->count))
        return ctx->status;
    u->score[u->count++] = score;
    return TS_OK;
}

void ts_unigram_free(ts_unigram *u)
{
    ts_trie_free(&u->trie);
    ts_free(u->score);
    *u = (ts_unigram){0};
}

/* The best way to a place: its last piece and where that begins (-1: not reached yet). */
typedef struct {
    double score;
    int64_t id, from;
} way;

static void offer(const ts_unigram *u, way *best, int64_t from, int64_t to, int64_t id,
                  double score)
{
    double sum = best[from].score + score;
    if (u->single)
        sum = (double)(float)sum;
    if (best[to].from < 0 || sum > best[to].score)
        best[to] = (way){sum, id, from};
}

static void forward(const ts_unigram *u, way *best, const char *text, int64_t bytes)
{
    for (int64_t i = 0; i < bytes;) {
        const int64_t one = ts_utf8_get(text + i, bytes - i, NULL);
        const int64_t step = one ? one : 1;
        bool single = false;
        int64_t node = 0;
        for (int64_t j = i; j < bytes; j++) {
            node = ts_trie_step(&u->trie, node, text[j]);
            if (node < 0)
                break;
            const int64_t id = ts_trie_value(&u->trie, node);
            if (id < 0)
                continue;
            offer(u, best, i, j + 1, id, u->score[id]);
            single = single || j + 1 - i == step;
        }
        if (!single)
            offer(u, best, i, i + step, u->unknown, u->unknown_score);
        i += step;
    }
}

ts_status ts_unigram_encode(ts_ctx *ctx, const ts_unigram *u, ts_ids *out, const char *text,
                            int64_t bytes)
{
    int64_t size;
    if (bytes == 0)
        return ctx->status;
    if (!ts_mul_size(bytes + 1, (int64_t)sizeof(way), &size))
        return ts_fail(ctx, TS_ERROR_MEMORY, "a text of %lld bytes is too long", (long long)bytes);
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    way *const best = ts_take(ctx, (size_t)size);
    if (best) {
        for (int64_t i = 0; i <= bytes; i++)
            best[i] = (way){.from = -1};
        forward(u, best, text, bytes);
        const int64_t begin = out->count;
        for (int64_t end = bytes; end > 0 && !ctx->status; end = best[end].from) {
            const int64_t id = best[end].id;
            if (id != u->unknown || out->count == begin || out->at[out->count - 1] != id)
                ts_ids_add(ctx, out, id);
        }
        for (int64_t i = begin, j = out->count - 1; i < j; i++, j--) {
            const int64_t id = out->at[i];
            out->at[i] = out->at[j];
            out->at[j] = id;
        }
    }
    ts_arena_return(&ctx->arena, mark);
    return ctx->status;
}
