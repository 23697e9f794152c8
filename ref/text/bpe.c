/* bpe.c: a word is a linked list of symbols, the pairs that may be joined stand in a heap ordered
 * by rank and place: n log n for a word of n bytes. An entry whose symbols have changed since it
 * was put there is skipped. Test: tests/text/test_bpe.c. */
#include "ref/text/bpe.h"

#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/text/runes.h"
#include "ref/text/trie.h"

#include <string.h>

enum {
    /* The published tokenizer reads this many merges and no more: 49152 - 256 - 2. */
    MERGES = 48894,
    MERGES_BYTES = 64 << 20
};

struct ts_bpe {
    ts_trie vocab;
    ts_pairs merges;    /* (left id, right id) -> rank */
    int64_t *joined;    /* rank -> id of the joined token */
    int64_t inner[256]; /* id of a byte inside a word, -1: none */
    int64_t last[256];  /* id of a byte that ends a word */
    int64_t size;
};

/* GPT-2's alphabet: a byte that Latin-1 prints stands for itself, the others for U+0100 and on. */
static void alphabet(int32_t rune[256])
{
    int32_t next = 0x100;
    for (int b = 0; b < 256; b++)
        rune[b] = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE ? b : next++;
}

static uint64_t pair_key(int64_t left, int64_t right)
{
    return (uint64_t)left << 32 | (uint64_t)right;
}

static ts_status read_vocab(ts_ctx *ctx, ts_bpe *bpe, const char *path)
{
    json_t *const vocab = ts_json_read_object(ctx, path);
    const char *token;
    json_t *id;
    json_object_foreach(vocab, token, id) {
        if (!json_is_integer(id) || json_integer_value(id) < 0 ||
            json_integer_value(id) > INT32_MAX) {
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: the id of \"%.60s\" is not a number from 0 to 2^31",
                    path, token);
            break;
        }
        if (ts_trie_put(ctx, &bpe->vocab, token, (int64_t)strlen(token), json_integer_value(id)))
            break;
        bpe->size++;
    }
    json_decref(vocab);
    int32_t rune[256];
    alphabet(rune);
    for (int b = 0; b < 256 && !ctx->status; b++) {
        char text[8];
        const int n = ts_utf8_put(text, rune[b]);
        memcpy(text + n, "</w>", 4);
        bpe->inner[b] = ts_trie_find(&bpe->vocab, text, n);
        bpe->last[b] = ts_trie_find(&bpe->vocab, text, n + 4);
    }
    return ctx->status;
}

/* One line: "left right". */
static ts_status read_merge(ts_ctx *ctx, ts_bpe *bpe, const char *path, const char *line,
                            int64_t bytes, int64_t rank)
{
    const char *const blank = memchr(line, ' ', (size_t)bytes);
    const int64_t left = blank ? blank - line : 0, right = bytes - left - 1;
    if (left < 1 || right < 1 || memchr(blank + 1, ' ', (size_t)right))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: line %lld is not two tokens and a blank", path,
                       (long long)rank + 2);
    ts_bytes whole = {0};
    int64_t ids[3] = {ts_trie_find(&bpe->vocab, line, left),
                      ts_trie_find(&bpe->vocab, blank + 1, right), -1};
    if (!ts_bytes_add(ctx, &whole, line, left) && !ts_bytes_add(ctx, &whole, blank + 1, right))
        ids[2] = ts_trie_find(&bpe->vocab, whole.at, whole.count);
    ts_bytes_free(&whole);
    if (ctx->status)
        return ctx->status;
    for (int i = 0; i < 3; i++)
        if (ids[i] < 0)
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: line %lld: the %s token is not in vocab.json",
                           path, (long long)rank + 2,
                           i == 0 ? "left" : i == 1 ? "right" : "joined");
    bpe->joined[rank] = ids[2];
    if (ts_pairs_get(&bpe->merges, pair_key(ids[0], ids[1])) >= 0)
        return TS_OK; /* the first of two equal lines counts */
    return ts_pairs_put(ctx, &bpe->merges, pair_key(ids[0], ids[1]), rank);
}

/* The first line is a comment; empty lines end the list. */
static ts_status read_merges(ts_ctx *ctx, ts_bpe *bpe, const char *path)
{
    int64_t size = 0, rank = 0;
    char *const text = ts_file_read(ctx, path, MERGES_BYTES, &size);
    bpe->joined = ts_alloc(MERGES * sizeof *bpe->joined);
    if (!ctx->status && !bpe->joined)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for the merges", path);
    const char *line = text;
    for (int64_t number = 0; !ctx->status && line < text + size && rank < MERGES; number++) {
        const char *end = memchr(line, '\n', (size_t)(text + size - line));
        const char *const next = end ? end + 1 : text + size;
        if (!end)
            end = next;
        if (end > line && end[-1] == '\r')
            end--;
        if (end == line)
            break;
        if (number > 0)
            read_merge(ctx, bpe, path, line, end - line, rank++);
        line = next;
    }
    ts_free(text);
    return ctx->status;
}

ts_bpe *ts_bpe_open(ts_ctx *ctx, const char *folder)
{
    char *const vocab = ts_path_member(ctx, folder, "vocab.json");
    char *const merges = ts_path_member(ctx, folder, "merges.txt");
    ts_bpe *bpe = ts_alloc_zero(1, sizeof *bpe);
    if (!bpe)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for the vocabulary", folder);
    if (ctx->status || read_vocab(ctx, bpe, vocab) || read_merges(ctx, bpe, merges)) {
        ts_bpe_close(bpe);
        bpe = NULL;
    }
    ts_free(vocab);
    ts_free(merges);
    return bpe;
}

void ts_bpe_close(ts_bpe *bpe)
{
    if (!bpe)
        return;
    ts_trie_free(&bpe->vocab);
    ts_pairs_free(&bpe->merges);
    ts_free(bpe->joined);
    ts_free(bpe);
}

int64_t ts_bpe_find(const ts_bpe *bpe, const char *token)
{
    return ts_trie_find(&bpe->vocab, token, (int64_t)strlen(token));
}

int64_t ts_bpe_size(const ts_bpe *bpe)
{
    return bpe->size;
}

/* A symbol; `next` and `before` are places in the array, -1 at the ends. A symbol that was joined
 * to its left neighbour has id GONE. */
enum { GONE = -2 };

typedef struct {
    int64_t id, before, next;
} symbol;

/* Join symbol `at` with its right neighbour, as they were when the entry was made. */
typedef struct {
    int64_t rank, at, left, right;
} candidate;

typedef struct {
    const ts_bpe *bpe;
    symbol *s;
    candidate *heap;
    int64_t count;
} merging;

static bool sooner(const candidate *a, const candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void push(merging *m, int64_t at)
{
    if (at < 0 || m->s[at].next < 0)
        return;
    const int64_t left = m->s[at].id, right = m->s[m->s[at].next].id;
    const int64_t rank =
        left < 0 || right < 0 ? -1 : ts_pairs_get(&m->bpe->merges, pair_key(left, right));
    if (rank < 0)
        return;
    const candidate c = {rank, at, left, right};
    int64_t i = m->count++;
    while (i > 0 && sooner(&c, &m->heap[(i - 1) / 2])) {
        m->heap[i] = m->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->heap[i] = c;
}

static candidate pop(merging *m)
{
    const candidate top = m->heap[0], last = m->heap[--m->count];
    int64_t i = 0;
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= m->count)
            break;
        if (child + 1 < m->count && sooner(&m->heap[child + 1], &m->heap[child]))
            child++;
        if (!sooner(&m->heap[child], &last))
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = last;
    return top;
}

static void join(merging *m, const candidate *c)
{
    symbol *const left = &m->s[c->at];
    if (left->id != c->left || left->next < 0 || m->s[left->next].id != c->right)
        return;
    symbol *const right = &m->s[left->next];
    left->id = m->bpe->joined[c->rank];
    right->id = GONE;
    left->next = right->next;
    if (left->next >= 0)
        m->s[left->next].before = c->at;
    push(m, left->before);
    push(m, c->at);
}

/* A round takes all places of the best pair out of the heap before the first is joined: what the
 * joining makes possible waits for the next round. They come out from left to right. */
static void merge(merging *m, candidate *round, ts_merge_order order)
{
    while (m->count > 0) {
        int64_t n = 0;
        round[n++] = pop(m);
        while (order == TS_MERGE_ROUND && m->count > 0 && m->heap[0].rank == round[0].rank)
            round[n++] = pop(m);
        for (int64_t i = 0; i < n; i++)
            join(m, &round[i]);
    }
}

ts_status ts_bpe_encode(ts_ctx *ctx, const ts_bpe *bpe, ts_ids *out, const char *word,
                        int64_t bytes, int64_t unknown, ts_merge_order order)
{
    /* n - 1 pairs at first, and each of at most n - 1 joins adds two at most. */
    int64_t room, total;
    if (!ts_mul_size(bytes, 3, &room) || !ts_mul_size(room, (int64_t)sizeof(candidate), &total))
        return ts_fail(ctx, TS_ERROR_MEMORY, "a word of %lld bytes is too long", (long long)bytes);
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    merging m = {.bpe = bpe};
    m.s = ts_take(ctx, (size_t)bytes * sizeof *m.s);
    m.heap = ts_take(ctx, (size_t)total);
    candidate *const round = ts_take(ctx, (size_t)total);
    if (!ctx->status) {
        for (int64_t i = 0; i < bytes; i++) {
            const unsigned char b = (unsigned char)word[i];
            m.s[i] = (symbol){i + 1 < bytes ? bpe->inner[b] : bpe->last[b], i - 1,
                              i + 1 < bytes ? i + 1 : -1};
        }
        for (int64_t i = 0; i < bytes; i++)
            push(&m, i);
        merge(&m, round, order);
        for (int64_t i = 0; i >= 0 && !ctx->status; i = m.s[i].next)
            ts_ids_add(ctx, out, m.s[i].id < 0 ? unknown : m.s[i].id);
    }
    ts_arena_return(&ctx->arena, mark);
    return ctx->status;
}
