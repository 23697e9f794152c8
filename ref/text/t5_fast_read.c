/* t5_fast_read.c: tokenizer.json into a ts_t5_fast. Test: tests/text/test_t5_fast_read.c. */
#include "ref/io/json.h"
#include "ref/text/t5_fast.h"

#include <string.h>

static ts_status unknown_part(ts_ctx *ctx, const char *path, const char *part, const char *type)
{
    return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: %s of type \"%.40s\" is not built in", path,
                   part, type);
}

static const char *type_of(ts_ctx *ctx, const json_t *part, const char *path)
{
    return ts_json_text(ctx, part, path, "type", "");
}

static ts_status read_replace(ts_ctx *ctx, ts_t5_step *s, const json_t *part, const char *path)
{
    const char *const regex = ts_json_text(ctx, part, path, "pattern.Regex", "");
    const char *const text = ts_json_text(ctx, part, path, "pattern.String", "");
    s->kind = *regex ? TS_STEP_BLANKS : TS_STEP_REPLACE;
    if (ctx->status)
        return ctx->status;
    if (*regex && strcmp(regex, " {2,}") != 0)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "%s: the expression \"%.40s\" is not built in (\" {2,}\" is)", path, regex);
    s->pattern = ts_strdup(text);
    s->content = ts_strdup(ts_json_text(ctx, part, path, "content", ""));
    if (!s->pattern || !s->content)
        return ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for the normalizer", path);
    return ctx->status;
}

static ts_status read_step(ts_ctx *ctx, ts_t5_fast *f, const json_t *part, const char *path)
{
    const char *const type = type_of(ctx, part, path);
    if (f->steps == TS_T5_STEPS)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: more than %d normalizers", path,
                       TS_T5_STEPS);
    ts_t5_step *const s = &f->step[f->steps++];
    if (!strcmp(type, "Precompiled")) {
        const json_t *const map = json_object_get(part, "precompiled_charsmap");
        s->kind = TS_STEP_MAP;
        ts_charsmap_free(&f->map);
        return json_is_string(map)
                   ? ts_charsmap_read_base64(ctx, &f->map, json_string_value(map),
                                             (int64_t)json_string_length(map), path)
                   : ts_fail(ctx, TS_ERROR_FORMAT, "%s: precompiled_charsmap is no text", path);
    }
    if (!strcmp(type, "Strip")) {
        s->kind = TS_STEP_STRIP;
        s->left = ts_json_bool(ctx, part, path, "strip_left", true);
        s->right = ts_json_bool(ctx, part, path, "strip_right", true);
        return ctx->status;
    }
    if (!strcmp(type, "Replace"))
        return read_replace(ctx, s, part, path);
    return unknown_part(ctx, path, "a normalizer", type);
}

static ts_status read_normalizer(ts_ctx *ctx, ts_t5_fast *f, const json_t *part, const char *path)
{
    if (!part || json_is_null(part))
        return TS_OK;
    if (strcmp(type_of(ctx, part, path), "Sequence") != 0)
        return read_step(ctx, f, part, path);
    const json_t *const list = json_object_get(part, "normalizers");
    for (size_t i = 0; i < json_array_size(list) && !ctx->status; i++)
        read_step(ctx, f, json_array_get(list, i), path);
    return ctx->status;
}

static ts_status read_metaspace(ts_ctx *ctx, ts_t5_fast *f, const json_t *part, const char *path)
{
    const char *const mark = ts_json_text(ctx, part, path, "replacement", "\xE2\x96\x81");
    const bool prefix = ts_json_bool(ctx, part, path, "add_prefix_space", true);
    const char *const scheme =
        ts_json_text(ctx, part, path, "prepend_scheme", prefix ? "always" : "never");
    f->split = ts_json_bool(ctx, part, path, "split", true);
    if (ctx->status)
        return ctx->status;
    if (!*mark || strlen(mark) >= sizeof f->blank)
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: Metaspace's replacement is not one character",
                       path);
    memcpy(f->blank, mark, strlen(mark) + 1);
    static const char *const names[] = {"never", "first", "always"};
    for (int i = 0; i < 3; i++) {
        if (!strcmp(scheme, names[i])) {
            f->scheme = (ts_prefix_scheme)i;
            return TS_OK;
        }
    }
    return unknown_part(ctx, path, "a prepend_scheme", scheme);
}

static ts_status read_cutting(ts_ctx *ctx, ts_t5_fast *f, const json_t *part, const char *path)
{
    const char *type = type_of(ctx, part, path);
    if (!strcmp(type, "Sequence")) {
        const json_t *const list = json_object_get(part, "pretokenizers");
        const json_t *const first = json_array_get(list, 0);
        if (json_array_size(list) != 2 || strcmp(type_of(ctx, first, path), "WhitespaceSplit") != 0)
            return unknown_part(ctx, path, "a sequence of pre-tokenizers", type);
        f->words = true;
        part = json_array_get(list, 1);
        type = type_of(ctx, part, path);
    }
    return strcmp(type, "Metaspace") ? unknown_part(ctx, path, "a pre-tokenizer", type)
                                     : read_metaspace(ctx, f, part, path);
}

static ts_status read_pieces(ts_ctx *ctx, ts_t5_fast *f, const json_t *model, const char *path)
{
    const json_t *const vocab = json_object_get(model, "vocab");
    double lowest = 0;
    for (size_t i = 0; i < json_array_size(vocab) && !ctx->status; i++) {
        const json_t *const entry = json_array_get(vocab, i);
        const json_t *const piece = json_array_get(entry, 0), *score = json_array_get(entry, 1);
        if (!json_is_string(piece) || !json_is_number(score))
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: piece %lld is no [text, score]", path,
                           (long long)i);
        const double s = json_number_value(score);
        lowest = i && lowest < s ? lowest : s;
        ts_unigram_add(ctx, &f->unigram, json_string_value(piece),
                       (int64_t)json_string_length(piece), s, true);
    }
    f->unigram.unknown = ts_json_int(ctx, model, path, "unk_id", -1);
    f->unigram.unknown_score = lowest - 10;
    if (!ctx->status &&
        (f->unigram.unknown < 0 || f->unigram.unknown >= (int64_t)json_array_size(vocab)))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: unk_id is no piece of the vocabulary", path);
    return ctx->status;
}

static ts_status read_model(ts_ctx *ctx, ts_t5_fast *f, const json_t *model, const char *path)
{
    const char *const type = ts_json_text(ctx, model, path, "type", "Unigram");
    if (!ctx->status && strcmp(type, "Unigram") != 0)
        return unknown_part(ctx, path, "a model", type);
    if (ts_json_bool(ctx, model, path, "byte_fallback", false))
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: byte_fallback is not built in", path);
    return ctx->status ? ctx->status : read_pieces(ctx, f, model, path);
}

static ts_status read_added(ts_ctx *ctx, ts_t5_fast *f, const json_t *list, const char *path)
{
    for (size_t i = 0; i < json_array_size(list) && !ctx->status; i++) {
        const json_t *const entry = json_array_get(list, i);
        const int64_t id = ts_json_int(ctx, entry, path, "id", -1);
        if (ts_json_bool(ctx, entry, path, "normalized", false))
            return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                           "%s: added tokens that are looked for after normalizing are not "
                           "built in", path);
        ts_added_put_json(ctx, &f->added, entry, id, path);
    }
    return ctx->status;
}

/* The ids of a special token of the template, before or after the text. */
static ts_status add_around(ts_ctx *ctx, ts_t5_fast *f, const json_t *part, const json_t *item,
                            bool text_seen, const char *path)
{
    const char *const name = ts_json_text(ctx, item, path, "SpecialToken.id", "");
    const json_t *const token = json_object_get(json_object_get(part, "special_tokens"), name);
    const json_t *const ids = json_object_get(token, "ids");
    int64_t *const at = text_seen ? f->after : f->before;
    int *const count = text_seen ? &f->afters : &f->befores;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *const id = json_array_get(ids, i);
        if (!json_is_integer(id) || json_integer_value(id) < 0 || *count == TS_T5_AROUND)
            return ts_fail(ctx, TS_ERROR_FORMAT, "%s: the template's token \"%.40s\" is damaged",
                           path, name);
        at[(*count)++] = json_integer_value(id);
    }
    return json_array_size(ids) ? TS_OK
                                : ts_fail(ctx, TS_ERROR_FORMAT,
                                          "%s: the template's token \"%.40s\" has no ids", path,
                                          name);
}

static ts_status read_template(ts_ctx *ctx, ts_t5_fast *f, const json_t *part, const char *path)
{
    if (!part || json_is_null(part))
        return TS_OK;
    if (strcmp(type_of(ctx, part, path), "TemplateProcessing") != 0)
        return unknown_part(ctx, path, "a post-processor", type_of(ctx, part, path));
    const json_t *const list = json_object_get(part, "single");
    bool text_seen = false;
    for (size_t i = 0; i < json_array_size(list) && !ctx->status; i++) {
        const json_t *const item = json_array_get(list, i);
        if (json_object_get(item, "Sequence"))
            text_seen = true;
        else
            add_around(ctx, f, part, item, text_seen, path);
    }
    return ctx->status;
}

ts_status ts_t5_fast_open(ts_ctx *ctx, ts_t5_fast *f, const char *path)
{
    *f = (ts_t5_fast){0};
    json_t *const file = ts_json_read_object(ctx, path);
    if (!file)
        return ctx->status;
    const json_t *const model = json_object_get(file, "model");
    if (!json_is_object(model) || !json_is_array(json_object_get(model, "vocab")))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: no model with a vocab list", path);
    if (!ctx->status && !read_model(ctx, f, model, path) &&
        !read_normalizer(ctx, f, json_object_get(file, "normalizer"), path) &&
        !read_cutting(ctx, f, json_object_get(file, "pre_tokenizer"), path) &&
        !read_added(ctx, f, json_object_get(file, "added_tokens"), path))
        read_template(ctx, f, json_object_get(file, "post_processor"), path);
    json_decref(file);
    if (ctx->status)
        ts_t5_fast_close(f);
    return ctx->status;
}
