/* t5_tokenizer.c: test: tests/text/test_t5_tokenizer.c (the real vocabulary, 296 strings). */
#include "ref/text/t5_tokenizer.h"

#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/text/runes.h"
#include "ref/text/spiece.h"
#include "ref/text/t5_fast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ts_t5_tokenizer {
    bool fast;
    ts_t5_fast json;
    ts_spiece spiece;
    ts_added added;     /* of spiece.model */
    int64_t end, pad;
    bool legacy, prefix; /* of tokenizer_config.json */
};

static int64_t piece_id(const ts_t5_tokenizer *t, const char *name, int64_t otherwise)
{
    const ts_trie *const names = t->fast ? &t->json.unigram.trie : &t->spiece.names;
    const int64_t id = ts_trie_find(names, name, (int64_t)strlen(name));
    return id < 0 ? otherwise : id;
}

/* "added_tokens_decoder": {"1099": {"content": "<extra_id_0>", ...}, ...} */
static void read_decoder(ts_ctx *ctx, ts_t5_tokenizer *t, json_t *decoder, const char *path)
{
    const char *key;
    json_t *entry;
    json_object_foreach(decoder, key, entry) {
        char *end;
        const long long id = strtoll(key, &end, 10);
        if (*end || end == key)
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: added_tokens_decoder: \"%.40s\" is no id", path,
                    key);
        else
            ts_added_put_json(ctx, &t->added, entry, (int64_t)id, path);
        if (ctx->status)
            return;
    }
}

/* Without a list in the configuration, T5Tokenizer's own: the last extra id comes first. */
static void add_published(ts_ctx *ctx, ts_t5_tokenizer *t, int64_t extra)
{
    static const char *const special[] = {"<pad>", "</s>", "<unk>"};
    for (int i = 0; i < 3 && !ctx->status; i++) {
        const int64_t id = piece_id(t, special[i], -1);
        if (id >= 0)
            ts_added_put(ctx, &t->added, special[i], (ts_added_token){.id = id});
    }
    for (int64_t i = 0; i < extra && !ctx->status; i++) {
        char name[40];
        snprintf(name, sizeof name, "<extra_id_%lld>", (long long)i);
        ts_added_put(ctx, &t->added, name,
                     (ts_added_token){t->spiece.unigram.count + extra - 1 - i, true, true, false});
    }
}

/* After the model has been read: the special ids, and the added tokens of the configuration, which
 * may be NULL; its file is `path`. */
static ts_status read_config(ts_ctx *ctx, ts_t5_tokenizer *t, const json_t *config,
                             const char *path)
{
    t->legacy = ts_json_bool(ctx, config, path, "legacy", true);
    t->prefix = ts_json_bool(ctx, config, path, "add_prefix_space", true);
    const int64_t extra = ts_json_int(ctx, config, path, "extra_ids", 100);
    json_t *const decoder = json_object_get(config, "added_tokens_decoder");
    if (extra < 0 || extra > 100000)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: extra_ids is out of range", path);
    t->added.python = true;
    if (json_is_object(decoder))
        read_decoder(ctx, t, decoder, path);
    else
        add_published(ctx, t, extra);
    t->end = piece_id(t, "</s>", 1);
    t->pad = piece_id(t, "<pad>", 0);
    return ctx->status;
}

static ts_status open_spiece(ts_ctx *ctx, ts_t5_tokenizer *t, const char *folder)
{
    char *const model = ts_path_member(ctx, folder, "spiece.model");
    char *const path = ts_path_member(ctx, folder, "tokenizer_config.json");
    json_t *config = NULL;
    if (!ctx->status && !ts_spiece_open(ctx, &t->spiece, model) && ts_path_exists(path))
        config = ts_json_read_object(ctx, path);
    if (!ctx->status)
        read_config(ctx, t, config, path);
    json_decref(config);
    ts_free(model);
    ts_free(path);
    return ctx->status;
}

static ts_status open_fast(ts_ctx *ctx, ts_t5_tokenizer *t, const char *path)
{
    if (ts_t5_fast_open(ctx, &t->json, path))
        return ctx->status;
    t->fast = true;
    const int64_t pad = ts_added_find(&t->json.added, "<pad>");
    t->pad = pad >= 0 ? pad : piece_id(t, "<pad>", 0);
    return TS_OK;
}

ts_t5_tokenizer *ts_t5_tokenizer_open(ts_ctx *ctx, const char *folder, ts_t5_source source)
{
    ts_t5_tokenizer *const t = ts_alloc_zero(1, sizeof *t);
    char *const json = ts_path_member(ctx, folder, "tokenizer.json");
    if (!t)
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a tokenizer", folder);
    if (!ctx->status) {
        if (source == TS_T5_FAST || (source == TS_T5_ANY && ts_path_exists(json)))
            open_fast(ctx, t, json);
        else
            open_spiece(ctx, t, folder);
    }
    ts_free(json);
    if (!ctx->status)
        return t;
    ts_t5_tokenizer_close(t);
    return NULL;
}

void ts_t5_tokenizer_close(ts_t5_tokenizer *t)
{
    if (!t)
        return;
    ts_t5_fast_close(&t->json);
    ts_spiece_close(&t->spiece);
    ts_added_free(&t->added);
    ts_free(t);
}

ts_t5_tokenizer *ts_t5_tokenizer_open_spiece(ts_ctx *ctx, const char *path, bool legacy)
{
    ts_t5_tokenizer *const t = ts_alloc_zero(1, sizeof *t);
    if (!t) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a tokenizer", path);
        return NULL;
    }
    if (!ts_spiece_open(ctx, &t->spiece, path))
        read_config(ctx, t, NULL, path);
    t->legacy = legacy;
    if (!ctx->status)
        return t;
    ts_t5_tokenizer_close(t);
    return NULL;
}

int64_t ts_t5_tokenizer_size(const ts_t5_tokenizer *t)
{
    return t->fast ? t->json.unigram.count : t->spiece.unigram.count;
}

/* Text between added tokens for the tokenizer that is not legacy: SentencePiece would drop a blank
 * at the beginning, so "<unk>" is put before it and its pieces are taken away again. */
static ts_status behind_unknown(ts_ctx *ctx, const ts_t5_tokenizer *t, ts_ids *out,
                                const char *text, int64_t bytes)
{
    static const char unknown[] = "<unk>";
    const bool mark = bytes >= 3 && !memcmp(text, "\xE2\x96\x81", 3);
    const bool blank = mark || (bytes && text[0] == ' ');
    if (!blank)
        return ts_spiece_encode(ctx, &t->spiece, out, text, bytes, false);
    ts_ids alone = {0}, both = {0};
    ts_bytes whole = {0};
    ts_spiece_encode(ctx, &t->spiece, &alone, unknown, sizeof unknown - 1, false);
    if (!ctx->status && !ts_bytes_add(ctx, &whole, unknown, sizeof unknown - 1) &&
        !ts_bytes_add(ctx, &whole, text, bytes) &&
        !ts_spiece_encode(ctx, &t->spiece, &both, whole.at, whole.count, false))
        for (int64_t i = both.count >= alone.count ? alone.count : 0; i < both.count; i++)
            if (ts_ids_add(ctx, out, both.at[i]))
                break;
    ts_ids_free(&alone);
    ts_ids_free(&both);
    ts_bytes_free(&whole);
    return ctx->status;
}

/* The whole text for the tokenizer that is not legacy: U+2581 counts as a blank, and one is put in
 * front, to be dropped again when an added token comes first. */
static ts_status with_prefix(ts_ctx *ctx, const ts_t5_tokenizer *t, ts_bytes *out,
                             const char *text, int64_t bytes)
{
    if (t->prefix)
        ts_bytes_add(ctx, out, "\xE2\x96\x81", 3);
    for (int64_t i = 0; i < bytes && !ctx->status;) {
        const bool mark = bytes - i >= 3 && !memcmp(text + i, "\xE2\x96\x81", 3);
        ts_bytes_add(ctx, out, mark ? " " : text + i, 1);
        i += mark ? 3 : 1;
    }
    return ctx->status;
}

static ts_status spiece_ids(ts_ctx *ctx, const ts_t5_tokenizer *t, ts_ids *out, const char *text,
                            int64_t bytes)
{
    const int64_t begin = out->count;
    ts_bytes prefixed = {0};
    if (!t->legacy && bytes) {
        with_prefix(ctx, t, &prefixed, text, bytes);
        text = prefixed.at;
        bytes = prefixed.count;
    }
    int64_t first_id = -1; /* of the added token that stands second */
    for (int64_t from = 0; !ctx->status && from < bytes;) {
        int64_t stop;
        const int64_t first = from, id = ts_added_next(&t->added, text, bytes, &from, &stop);
        if (t->legacy)
            ts_spiece_encode(ctx, &t->spiece, out, text + first, stop - first, true);
        else
            behind_unknown(ctx, t, out, text + first, stop - first);
        if (id >= 0 && !ctx->status && !ts_ids_add(ctx, out, id) && out->count == begin + 2)
            first_id = id;
    }
    if (!ctx->status && !t->legacy && out->count > begin + 1 && first_id >= 0 &&
        out->at[begin] == piece_id(t, "\xE2\x96\x81", -1)) {
        memmove(out->at + begin, out->at + begin + 1,
                (size_t)(out->count - begin - 1) * sizeof *out->at);
        out->count--;
    }
    ts_bytes_free(&prefixed);
    return ctx->status;
}

/* The ids that stand around the text, and how many of the text's are kept. */
static ts_status finish(ts_ctx *ctx, const ts_t5_tokenizer *t, ts_ids *out, int64_t begin,
                        int64_t truncate)
{
    const int64_t around = t->fast ? t->json.befores + t->json.afters : 1;
    if (truncate && out->count - begin > truncate - around)
        out->count = begin + (truncate > around ? truncate - around : 0);
    if (t->fast) {
        for (int i = 0; i < t->json.afters && !ctx->status; i++)
            ts_ids_add(ctx, out, t->json.after[i]);
        return ctx->status;
    }
    if (out->count > begin && out->at[out->count - 1] == t->end)
        return ctx->status;
    return ts_ids_add(ctx, out, t->end);
}

ts_status ts_t5_tokenize(ts_ctx *ctx, const ts_t5_tokenizer *t, ts_ids *out, const char *text,
                         int64_t bytes, int64_t truncate, int64_t pad)
{
    if (truncate < 0 || pad < 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "a number of tokens cannot be negative");
    ts_runes checked = {0};
    ts_runes_decode(ctx, &checked, text, bytes);
    ts_runes_free(&checked);
    const int64_t start = out->count;
    for (int i = 0; t->fast && i < t->json.befores && !ctx->status; i++)
        ts_ids_add(ctx, out, t->json.before[i]);
    const int64_t begin = out->count;
    if (ctx->status)
        return ctx->status;
    if (t->fast)
        ts_t5_fast_encode(ctx, &t->json, out, text, bytes);
    else
        spiece_ids(ctx, t, out, text, bytes);
    if (ctx->status || finish(ctx, t, out, begin, truncate))
        return ctx->status;
    return ts_ids_pad(ctx, out, start + pad, t->pad);
}
