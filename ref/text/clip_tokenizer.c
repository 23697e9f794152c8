/* clip_tokenizer.c: test: tests/text/test_clip_tokenizer.c (the real vocabulary, 296 strings). */
#include "ref/text/clip_tokenizer.h"

#include "ref/io/file.h"
#include "ref/io/json.h"
#include "ref/text/added.h"
#include "ref/text/bpe.h"
#include "ref/text/clip_words.h"

#include <string.h>

struct ts_clip_tokenizer {
    ts_bpe *bpe;
    ts_added special;
    int64_t start, end, pad, unknown, longest;
};

/* A special token in one of the two files: a text, or an object with a "content". */
static const char *content_of(const json_t *object, const char *key, const char *otherwise)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_object(value))
        value = json_object_get(value, "content");
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

static json_t *optional_object(ts_ctx *ctx, const char *folder, const char *name)
{
    char *const path = ts_path_member(ctx, folder, name);
    json_t *const object =
        path && ts_path_exists(path) ? ts_json_read_object(ctx, path) : NULL;
    ts_free(path);
    return object;
}

static int64_t special_id(ts_ctx *ctx, ts_clip_tokenizer *t, const char *folder,
                          const char *content)
{
    const int64_t id = ts_bpe_find(t->bpe, content);
    if (id < 0) {
        ts_fail(ctx, TS_ERROR_FORMAT, "%s/vocab.json: the special token \"%.60s\" is missing",
                folder, content);
        return -1;
    }
    ts_added_put(ctx, &t->special, content, (ts_added_token){.id = id});
    return id;
}

static ts_status read_special(ts_ctx *ctx, ts_clip_tokenizer *t, const char *folder)
{
    json_t *const config = optional_object(ctx, folder, "tokenizer_config.json");
    json_t *const map = optional_object(ctx, folder, "special_tokens_map.json");
    static const char *const key[] = {"bos_token", "eos_token", "pad_token", "unk_token"};
    int64_t *const id[] = {&t->start, &t->end, &t->pad, &t->unknown};
    for (int i = 0; i < 4 && !ctx->status; i++) {
        const char *const published = i == 0 ? "<|startoftext|>" : "<|endoftext|>";
        const char *const content =
            content_of(config, key[i], content_of(map, key[i], published));
        *id[i] = special_id(ctx, t, folder, content);
    }
    /* Folders without a limit carry a huge number there, written as a float. */
    const json_t *const longest = json_object_get(config, "model_max_length");
    t->longest = json_is_integer(longest) && json_integer_value(longest) > 0 &&
                         json_integer_value(longest) < 1000000
                     ? json_integer_value(longest)
                     : 77;
    json_decref(config);
    json_decref(map);
    return ctx->status;
}

ts_clip_tokenizer *ts_clip_tokenizer_open(ts_ctx *ctx, const char *folder)
{
    ts_clip_tokenizer *const t = ts_alloc_zero(1, sizeof *t);
    if (!t) {
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for a tokenizer", folder);
        return NULL;
    }
    t->bpe = ts_bpe_open(ctx, folder);
    if (!t->bpe || read_special(ctx, t, folder)) {
        ts_clip_tokenizer_close(t);
        return NULL;
    }
    return t;
}

void ts_clip_tokenizer_close(ts_clip_tokenizer *t)
{
    if (!t)
        return;
    ts_bpe_close(t->bpe);
    ts_added_free(&t->special);
    ts_free(t);
}

int64_t ts_clip_tokenizer_size(const ts_clip_tokenizer *t)
{
    return ts_bpe_size(t->bpe);
}

int64_t ts_clip_tokenizer_longest(const ts_clip_tokenizer *t)
{
    return t->longest;
}

/* The id of a word that is one of the published special tokens, or -1. */
static int64_t special_word(const ts_clip_tokenizer *t, const ts_bytes *word)
{
    static const char *const names[] = {"<|startoftext|>", "<|endoftext|>"};
    for (int i = 0; i < 2; i++) {
        const int64_t n = (int64_t)strlen(names[i]);
        if (word->count != n || memcmp(word->at, names[i], (size_t)n) != 0)
            continue;
        const int64_t id = ts_bpe_find(t->bpe, names[i]);
        return id < 0 ? t->unknown : id;
    }
    return -1;
}

/* Cleaned characters to ids. The Python tokenizer's words may be special tokens themselves. */
static ts_status add_words(ts_ctx *ctx, const ts_clip_tokenizer *t, ts_ids *out,
                           const ts_runes *text, bool python)
{
    ts_bytes word = {0};
    int64_t first = 0, count;
    while (!ctx->status && (count = ts_clip_next_word(text, &first, python)) > 0) {
        word.count = 0;
        if (ts_runes_encode(ctx, &word, text->at + first, count))
            break;
        first += count;
        const int64_t id = python ? special_word(t, &word) : -1;
        if (id >= 0)
            ts_ids_add(ctx, out, id);
        else
            ts_bpe_encode(ctx, t->bpe, out, word.at, word.count, t->unknown,
                          python ? TS_MERGE_ROUND : TS_MERGE_ONE);
    }
    ts_bytes_free(&word);
    return ctx->status;
}

/* Text between special tokens. */
static ts_status add_plain(ts_ctx *ctx, const ts_clip_tokenizer *t, ts_ids *out, const char *text,
                           int64_t bytes, ts_clean clean)
{
    ts_runes runes = {0};
    if (!ts_runes_decode(ctx, &runes, text, bytes) &&
        (clean == TS_CLEAN_FAST || !ts_clean_runes(ctx, &runes, clean)))
        add_words(ctx, t, out, &runes, clean != TS_CLEAN_FAST);
    ts_runes_free(&runes);
    return ctx->status;
}

/* Leaves cleaned text behind for `fast`, which looks for special tokens in it. */
static ts_status clean_first(ts_ctx *ctx, ts_bytes *cleaned, const char *text, int64_t bytes)
{
    ts_runes runes = {0};
    if (!ts_runes_decode(ctx, &runes, text, bytes) &&
        !ts_clean_runes(ctx, &runes, TS_CLEAN_FAST))
        ts_runes_encode(ctx, cleaned, runes.at, runes.count);
    ts_runes_free(&runes);
    return ctx->status;
}

ts_status ts_clip_tokenize(ts_ctx *ctx, const ts_clip_tokenizer *t, ts_ids *out, const char *text,
                           int64_t bytes, ts_clean clean, int64_t truncate, int64_t pad)
{
    if (truncate == 1 || truncate < 0 || pad < 0)
        return ts_fail(ctx, TS_ERROR_USAGE, "a CLIP text has at least 2 tokens: start and end");
    const int64_t begin = out->count;
    ts_bytes cleaned = {0};
    if (clean == TS_CLEAN_FAST) {
        clean_first(ctx, &cleaned, text, bytes);
        text = cleaned.at;
        bytes = cleaned.count;
    } else {
        ts_runes checked = {0}; /* invalid UTF-8 is refused with its place in the whole text */
        ts_runes_decode(ctx, &checked, text, bytes);
        ts_runes_free(&checked);
    }
    if (!ctx->status)
        ts_ids_add(ctx, out, t->start);
    for (int64_t from = 0; !ctx->status && from < bytes;) {
        int64_t stop;
        const int64_t first = from, id = ts_added_next(&t->special, text, bytes, &from, &stop);
        add_plain(ctx, t, out, text + first, stop - first, clean);
        if (id >= 0 && !ctx->status)
            ts_ids_add(ctx, out, id);
    }
    ts_bytes_free(&cleaned);
    if (ctx->status)
        return ctx->status;
    if (truncate && out->count - begin > truncate - 1)
        out->count = begin + truncate - 1;
    if (ts_ids_add(ctx, out, t->end))
        return ctx->status;
    return ts_ids_pad(ctx, out, begin + pad, t->pad);
}
