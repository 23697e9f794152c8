/* added.c: test: tests/text/test_added.c. */
#include "ref/text/added.h"

#include "ref/io/json.h"
#include "ref/text/unicode.h"

#include <string.h>

ts_status ts_added_put(ts_ctx *ctx, ts_added *a, const char *content, ts_added_token token)
{
    if (!*content)
        return TS_OK; /* an empty token can stand nowhere */
    if (a->count == a->room) {
        const int64_t room = a->room ? 2 * a->room : 128;
        int64_t bytes;
        ts_added_token *const wider = ts_mul_size(room, (int64_t)sizeof *wider, &bytes)
                                          ? ts_realloc(a->tokens, (size_t)bytes)
                                          : NULL;
        if (!wider)
            return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %lld added tokens",
                           (long long)room);
        a->tokens = wider;
        a->room = room;
    }
    if (ts_trie_put(ctx, &a->trie, content, (int64_t)strlen(content), a->count))
        return ctx->status;
    a->tokens[a->count++] = token;
    return TS_OK;
}

void ts_added_free(ts_added *a)
{
    ts_trie_free(&a->trie);
    ts_free(a->tokens);
    *a = (ts_added){0};
}

int64_t ts_added_find(const ts_added *a, const char *content)
{
    const int64_t i = ts_trie_find(&a->trie, content, (int64_t)strlen(content));
    return i < 0 ? -1 : a->tokens[i].id;
}

ts_status ts_added_put_json(ts_ctx *ctx, ts_added *a, const json_t *entry, int64_t id,
                            const char *path)
{
    const char *const content = ts_json_text(ctx, entry, path, "content", "");
    const ts_added_token token = {id, ts_json_bool(ctx, entry, path, "lstrip", false),
                                  ts_json_bool(ctx, entry, path, "rstrip", false),
                                  ts_json_bool(ctx, entry, path, "single_word", false)};
    if (!ctx->status && (id < 0 || id > INT32_MAX))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: the id of the added token \"%.60s\" is not a "
                       "number from 0 to 2^31", path, content);
    return ctx->status ? ctx->status : ts_added_put(ctx, a, content, token);
}

/* The character that ends at text[i], and its first byte. */
static int64_t before(const char *text, int64_t i, int32_t *rune)
{
    int64_t j = i - 1;
    while (j > 0 && ((unsigned char)text[j] & 0xC0) == 0x80)
        j--;
    ts_utf8_get(text + j, i - j, rune);
    return j;
}

static bool touches_word(const char *text, int64_t bytes, int64_t first, int64_t last)
{
    int32_t rune = 0;
    if (first > 0) {
        before(text, first, &rune);
        if (ts_is_word(rune))
            return true;
    }
    return last < bytes && ts_utf8_get(text + last, bytes - last, &rune) && ts_is_word(rune);
}

static bool is_space(const ts_added *a, int32_t rune)
{
    return ts_is_space(rune) || (a->python && rune >= 0x1C && rune <= 0x1F);
}

int64_t ts_added_next(const ts_added *a, const char *text, int64_t bytes, int64_t *from,
                      int64_t *stop)
{
    const int64_t begin = *from;
    for (int64_t i = begin; i < bytes; i++) {
        int64_t place = -1;
        const int64_t length = ts_trie_longest(&a->trie, text + i, bytes - i, &place);
        if (!length)
            continue;
        const ts_added_token *const t = &a->tokens[place];
        int64_t first = i, last = i + length;
        int32_t rune;
        if (t->alone && touches_word(text, bytes, first, last)) {
            i = last - 1;
            continue;
        }
        while (t->left && first > begin) {
            const int64_t j = before(text, first, &rune);
            if (!is_space(a, rune))
                break;
            first = j;
        }
        while (t->right && last < bytes) {
            const int n = ts_utf8_get(text + last, bytes - last, &rune);
            if (!n || !is_space(a, rune))
                break;
            last += n;
        }
        *stop = first;
        *from = last;
        return t->id;
    }
    *stop = *from = bytes;
    return -1;
}
