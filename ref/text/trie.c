/* trie.c: test: tests/text/test_trie.c. */
#include "ref/text/trie.h"

/* A multiplication spreads neighbouring keys over the high bits, which choose the place. */
static int64_t place_of(const ts_pairs *p, uint64_t key)
{
    uint64_t h = key * 0x9E3779B97F4A7C15u;
    h ^= h >> 32;
    int64_t i = (int64_t)(h & (uint64_t)(p->room - 1));
    while (p->value[i] >= 0 && p->key[i] != key)
        i = (i + 1) & (p->room - 1);
    return i;
}

static ts_status grow(ts_ctx *ctx, ts_pairs *p)
{
    ts_pairs wider = {.count = p->count};
    int64_t bytes;
    if (!ts_mul_size(p->room ? p->room : 128, 2, &wider.room) ||
        !ts_mul_size(wider.room, 8, &bytes))
        return ts_fail(ctx, TS_ERROR_MEMORY, "a vocabulary is too large");
    wider.key = ts_alloc((size_t)bytes);
    wider.value = ts_alloc((size_t)bytes);
    if (!wider.key || !wider.value) {
        ts_pairs_free(&wider);
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a vocabulary of %lld entries",
                       (long long)p->count);
    }
    for (int64_t i = 0; i < wider.room; i++)
        wider.value[i] = -1;
    for (int64_t i = 0; i < p->room; i++) {
        if (p->value[i] < 0)
            continue;
        const int64_t to = place_of(&wider, p->key[i]);
        wider.key[to] = p->key[i];
        wider.value[to] = p->value[i];
    }
    ts_free(p->key);
    ts_free(p->value);
    *p = wider;
    return TS_OK;
}

ts_status ts_pairs_put(ts_ctx *ctx, ts_pairs *p, uint64_t key, int64_t value)
{
    if (p->count >= p->room / 2 && grow(ctx, p))
        return ctx->status;
    const int64_t i = place_of(p, key);
    if (p->value[i] < 0)
        p->count++;
    p->key[i] = key;
    p->value[i] = value;
    return TS_OK;
}

int64_t ts_pairs_get(const ts_pairs *p, uint64_t key)
{
    return p->room ? p->value[place_of(p, key)] : -1;
}

void ts_pairs_free(ts_pairs *p)
{
    ts_free(p->key);
    ts_free(p->value);
    *p = (ts_pairs){0};
}

static uint64_t edge(int64_t node, char byte)
{
    return (uint64_t)node << 8 | (unsigned char)byte;
}

static int64_t new_node(ts_ctx *ctx, ts_trie *t)
{
    if (t->count == t->room) {
        int64_t room = 256, bytes;
        if ((t->room && !ts_mul_size(t->room, 2, &room)) || !ts_mul_size(room, 8, &bytes)) {
            ts_fail(ctx, TS_ERROR_MEMORY, "a vocabulary is too large");
            return -1;
        }
        int64_t *const value = ts_realloc(t->value, (size_t)bytes);
        if (!value) {
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a vocabulary");
            return -1;
        }
        t->value = value;
        t->room = room;
    }
    t->value[t->count] = -1;
    return t->count++;
}

ts_status ts_trie_put(ts_ctx *ctx, ts_trie *t, const char *key, int64_t bytes, int64_t value)
{
    int64_t node = 0;
    if (!t->count && new_node(ctx, t) < 0)
        return ctx->status;
    for (int64_t i = 0; i < bytes; i++) {
        int64_t next = ts_pairs_get(&t->next, edge(node, key[i]));
        if (next < 0) {
            next = new_node(ctx, t);
            if (next < 0 || ts_pairs_put(ctx, &t->next, edge(node, key[i]), next))
                return ctx->status;
        }
        node = next;
    }
    t->value[node] = value;
    return TS_OK;
}

int64_t ts_trie_step(const ts_trie *t, int64_t node, char byte)
{
    return ts_pairs_get(&t->next, edge(node, byte));
}

int64_t ts_trie_value(const ts_trie *t, int64_t node)
{
    return node >= 0 && node < t->count ? t->value[node] : -1;
}

int64_t ts_trie_find(const ts_trie *t, const char *key, int64_t bytes)
{
    int64_t node = 0;
    for (int64_t i = 0; i < bytes && node >= 0; i++)
        node = ts_trie_step(t, node, key[i]);
    return ts_trie_value(t, node);
}

int64_t ts_trie_longest(const ts_trie *t, const char *text, int64_t bytes, int64_t *value)
{
    int64_t node = 0, longest = 0;
    for (int64_t i = 0; i < bytes; i++) {
        node = ts_trie_step(t, node, text[i]);
        if (node < 0)
            break;
        if (ts_trie_value(t, node) >= 0) {
            longest = i + 1;
            *value = ts_trie_value(t, node);
        }
    }
    return longest;
}

void ts_trie_free(ts_trie *t)
{
    ts_pairs_free(&t->next);
    ts_free(t->value);
    *t = (ts_trie){0};
}
