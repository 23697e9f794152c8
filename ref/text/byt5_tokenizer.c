/* byt5_tokenizer.c: test: tests/text/test_byt5_tokenizer.c. */
#include "ref/text/byt5_tokenizer.h"

#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/text/added.h"
#include "ref/text/runes.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAD = 0, END = 1, OFFSET = 3, FIRST_EXTRA = 259, EXTRA = 125 };

struct ts_byt5_tokenizer {
    ts_added added;
};

ts_byt5_tokenizer *ts_byt5_tokenizer_new(ts_ctx *ctx)
{
    static const char *const special[] = {"<pad>", "</s>", "<unk>"};
    ts_byt5_tokenizer *const t = ts_alloc_zero(1, sizeof *t);
    if (!t) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a ByT5 tokenizer");
        return NULL;
    }
    t->added.python = true;
    for (int i = 0; i < OFFSET && !ctx->status; i++)
        ts_added_put(ctx, &t->added, special[i], (ts_added_token){i, true, true, false});
    for (int i = 0; i < EXTRA && !ctx->status; i++) {
        char name[24];
        snprintf(name, sizeof name, "<extra_id_%d>", i);
        ts_added_put(ctx, &t->added, name, (ts_added_token){.id = FIRST_EXTRA + i});
    }
    if (!ctx->status)
        return t;
    ts_byt5_tokenizer_close(t);
    return NULL;
}

void ts_byt5_tokenizer_close(ts_byt5_tokenizer *t)
{
    if (t)
        ts_added_free(&t->added);
    ts_free(t);
}

ts_status ts_byt5_tokenizer_add(ts_ctx *ctx, ts_byt5_tokenizer *t, const char *token, int64_t id)
{
    if (id < 0 || id > INT32_MAX)
        return ts_fail(ctx, TS_ERROR_USAGE, "the id of \"%.60s\" is not a number from 0 to 2^31",
                       token);
    return ts_added_put(ctx, &t->added, token, (ts_added_token){.id = id});
}

ts_status ts_byt5_tokenizer_add_all(ts_ctx *ctx, ts_byt5_tokenizer *t, const json_t *tokens,
                                    const char *where)
{
    const char *name;
    json_t *id;
    if (!json_is_object(tokens))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: added tokens are an object of ids", where);
    json_t *const object = json_deep_copy(tokens); /* jansson walks no constant object */
    json_object_foreach(object, name, id) {
        if (!json_is_integer(id))
            ts_fail(ctx, TS_ERROR_FORMAT, "%s: the id of \"%.60s\" is no whole number", where,
                    name);
        else
            ts_byt5_tokenizer_add(ctx, t, name, json_integer_value(id));
        if (ctx->status)
            break;
    }
    json_decref(object);
    return ctx->status;
}

static void add_decoder(ts_ctx *ctx, ts_byt5_tokenizer *t, json_t *decoder, const char *path)
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

ts_byt5_tokenizer *ts_byt5_tokenizer_open(ts_ctx *ctx, const char *folder)
{
    ts_byt5_tokenizer *t = ts_byt5_tokenizer_new(ctx);
    char *const config = ts_path_member(ctx, folder, "tokenizer_config.json");
    char *const added = ts_path_member(ctx, folder, "added_tokens.json");
    if (!ctx->status && !ts_path_exists(config) && !ts_path_exists(added))
        ts_fail(ctx, TS_ERROR_IO, "%s: neither tokenizer_config.json nor added_tokens.json",
                folder);
    if (!ctx->status && ts_path_exists(config)) {
        json_t *const file = ts_json_read_object(ctx, config);
        add_decoder(ctx, t, json_object_get(file, "added_tokens_decoder"), config);
        json_decref(file);
    }
    if (!ctx->status && ts_path_exists(added)) {
        json_t *const file = ts_json_read_object(ctx, added);
        if (file)
            ts_byt5_tokenizer_add_all(ctx, t, file, added);
        json_decref(file);
    }
    ts_free(config);
    ts_free(added);
    if (!ctx->status)
        return t;
    ts_byt5_tokenizer_close(t);
    return NULL;
}

ts_status ts_byt5_tokenize(ts_ctx *ctx, const ts_byt5_tokenizer *t, ts_ids *out, const char *text,
                           int64_t bytes, int64_t truncate, int64_t pad)
{
    if (truncate < 0 || pad < 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "a number of tokens cannot be negative");
    ts_runes checked = {0};
    ts_runes_decode(ctx, &checked, text, bytes);
    ts_runes_free(&checked);
    const int64_t begin = out->count;
    for (int64_t from = 0; !ctx->status && from < bytes;) {
        int64_t stop;
        const int64_t first = from, id = ts_added_next(&t->added, text, bytes, &from, &stop);
        for (int64_t i = first; i < stop && !ctx->status; i++)
            ts_ids_add(ctx, out, (unsigned char)text[i] + OFFSET);
        if (id >= 0 && !ctx->status)
            ts_ids_add(ctx, out, id);
    }
    if (ctx->status)
        return ctx->status;
    if (truncate && out->count - begin > truncate - 1)
        out->count = begin + truncate - 1;
    if (out->count == begin || out->at[out->count - 1] != END)
        ts_ids_add(ctx, out, END);
    return ctx->status ? ctx->status : ts_ids_pad(ctx, out, begin + pad, PAD);
}
