#include "ref/cli/case.h"

#include "ref/io/file.h"
#include "ref/io/json.h"

#include <stdio.h>
#include <string.h>

const char *ts_kind_name(ts_kind kind)
{
    static const char *const names[] = {"output", "trace", "gradient"};
    return names[kind];
}

/* What stands behind the prefix, or NULL. */
static const char *behind(const char *name, const char *prefix)
{
    const size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 && name[n] ? name + n : NULL;
}

bool ts_case_place(const char *name, const char **prefix, ts_kind *kind, const char **rest)
{
    static const char *const prefixes[] = {"in.",    "param.", "out.",         "trace.",
                                           "grad.",  "truth.", "truth_sin32.", NULL};
    for (int i = 0; prefixes[i]; i++) {
        const char *tail = behind(name, prefixes[i]);
        if (!tail)
            continue;
        *prefix = prefixes[i];
        *kind = i == 3 ? TS_TRACE : i == 4 ? TS_GRADIENT : TS_OUTPUT;
        *rest = tail;
        if (i >= 5 && behind(tail, "grad.")) {
            *kind = TS_GRADIENT;
            *rest = behind(tail, "grad.");
        } else if (i >= 5 && behind(tail, "trace.")) {
            *kind = TS_TRACE;
            *rest = behind(tail, "trace.");
        }
        return true;
    }
    return false;
}

/* Settings. ------------------------------------------------------------------------------------ */

/* The object in which the last part of a key with dots stands, made where it is missing; *part is set
 * to that last part. NULL: a part is no key (it is empty, or not UTF-8), or there is no
 * memory. */
static json_t *object_under(json_t *at, char **part)
{
    for (char *dot; at && (dot = strchr(*part, '.')); *part = dot + 1) {
        *dot = '\0';
        if (!**part)
            return NULL;
        json_t *next = json_object_get(at, *part);
        if (!json_is_object(next)) {
            next = json_object();
            if (json_object_set_new(at, *part, next)) /* which gives `next` back */
                return NULL;
        }
        at = next;
    }
    return at;
}

ts_status ts_job_set(ts_ctx *ctx, ts_job *job, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char key[256];
    if (!equals || equals == assignment || equals - assignment >= (ptrdiff_t)sizeof key)
        return ts_fail(ctx, TS_ERROR_USAGE, "--set: expected key=value, got \"%s\"", assignment);
    snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
    json_t *value = json_loads(equals + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!value)
        value = json_string(equals + 1);
    if (!job->settings)
        job->settings = json_object();
    char *part = key;
    json_t *const at = object_under(job->settings, &part);
    const bool fine = value && at && *part && !json_object_set(at, part, value);
    json_decref(value);
    if (!fine)
        return ts_fail(ctx, TS_ERROR_USAGE, "--set: \"%s\" is not a setting in UTF-8", assignment);
    return TS_OK;
}

void ts_job_free(ts_job *job)
{
    json_decref(job->settings);
    ts_free(job->checkpoint);
    ts_free(job->lora);
    ts_items_free(&job->inputs);
    ts_items_free(&job->cotangents);
    ts_items_free(&job->params);
    ts_free(job->wanted);
    *job = (ts_job){0};
}

/* A path in a case is relative to the case's folder. */
static char *relative(ts_ctx *ctx, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    if (!name || !*name)
        return NULL;
    const size_t folder = slash && name[0] != '/' ? (size_t)(slash - path) + 1 : 0;
    char *full = ts_alloc(folder + strlen(name) + 1);
    if (!full) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a path");
        return NULL;
    }
    memcpy(full, path, folder);
    memcpy(full + folder, name, strlen(name) + 1);
    return full;
}

static json_t *metadata_json(ts_ctx *ctx, const ts_case *c, const char *key)
{
    const char *text = ts_safetensors_metadata(c->file, key);
    char where[512];
    if (!text || ctx->status)
        return NULL;
    snprintf(where, sizeof where, "%s: metadata \"%s\"", c->path, key);
    return ts_json_parse(ctx, text, (int64_t)strlen(text), where, 0);
}

/* Tensors. ------------------------------------------------------------------------------------- */

static ts_target *target_of(ts_case *c, ts_kind kind, const char *name)
{
    for (int64_t i = 0; i < c->count; i++)
        if (c->targets[i].kind == kind && strcmp(c->targets[i].name, name) == 0)
            return &c->targets[i];
    c->targets[c->count] = (ts_target){.kind = kind, .name = name};
    return &c->targets[c->count++];
}

static bool is_cotangent(const char *name)
{
    return strcmp(name, "cotangent") == 0 || behind(name, "cotangent.");
}

/* Inputs alone: every name is an input's, "param.*" and "cotangent.*" apart. */
static ts_status read_plain(ts_ctx *ctx, ts_case *c)
{
    for (int64_t i = 0; i < ts_safetensors_count(c->file) && !ctx->status; i++) {
        const char *name = ts_safetensors_name(c->file, i), *param = behind(name, "param.");
        ts_items *to = param               ? &c->job.params
                       : is_cotangent(name) ? &c->job.cotangents
                                            : &c->job.inputs;
        ts_items_add(ctx, to, param ? param : name, ts_safetensors_tensor(c->file, i));
    }
    return ctx->status;
}

static ts_status read_tensors(ts_ctx *ctx, ts_case *c)
{
    const int64_t n = ts_safetensors_count(c->file);
    c->targets = ts_alloc_zero((size_t)n + 1, sizeof *c->targets);
    if (!c->targets)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the tensors of %s", c->path);
    for (int64_t i = 0; i < n && !ctx->status; i++) {
        const char *name = ts_safetensors_name(c->file, i), *prefix, *rest;
        const ts_tensor t = ts_safetensors_tensor(c->file, i);
        ts_kind kind;
        if (!ts_case_place(name, &prefix, &kind, &rest))
            return ts_fail(ctx, TS_ERROR_FORMAT,
                           "%s: %s begins with none of in. param. out. truth. truth_sin32. trace. "
                           "grad.", c->path, name);
        if (strcmp(prefix, "in.") == 0)
            ts_items_add(ctx, is_cotangent(rest) ? &c->job.cotangents : &c->job.inputs, rest, t);
        else if (strcmp(prefix, "param.") == 0)
            ts_items_add(ctx, &c->job.params, rest, t);
        else if (strcmp(prefix, "truth.") == 0)
            target_of(c, kind, rest)->truth = t;
        else if (strcmp(prefix, "truth_sin32.") == 0)
            target_of(c, kind, rest)->truth_sin32 = t;
        else
            target_of(c, kind, rest)->published = t;
    }
    return ctx->status;
}

static bool is_case(const ts_case *c)
{
    if (ts_safetensors_metadata(c->file, "touchstone.case"))
        return true;
    for (int64_t i = 0; i < ts_safetensors_count(c->file); i++)
        if (behind(ts_safetensors_name(c->file, i), "in."))
            return true;
    return false;
}

/* Gradients are wanted for what the case has gradients of, and for parameters only if it has some. */
static ts_status find_wanted(ts_ctx *ctx, ts_case *c)
{
    ts_job *job = &c->job;
    job->wanted = ts_alloc_zero((size_t)c->count + 1, sizeof *job->wanted);
    if (!job->wanted)
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the outputs of %s", c->path);
    for (int64_t i = 0; i < c->count; i++) {
        const ts_target *t = &c->targets[i];
        if (t->kind == TS_OUTPUT)
            job->wanted[job->wanted_count++] = t->name;
        if (t->kind == TS_GRADIENT) {
            job->grads = true;
            job->param_grads |= ts_is_empty(ts_items_get(&job->inputs, t->name));
        }
    }
    return TS_OK;
}

static ts_status open_tensors(ts_ctx *ctx, ts_case *c)
{
    c->file = ts_safetensors_open(ctx, c->path);
    if (!c->file)
        return ctx->status;
    if (!is_case(c))
        return read_plain(ctx, c);
    ts_job *job = &c->job;
    job->module = ts_safetensors_metadata(c->file, "module");
    job->checkpoint = relative(ctx, c->path, ts_safetensors_metadata(c->file, "checkpoint"));
    job->lora = relative(ctx, c->path, ts_safetensors_metadata(c->file, "lora"));
    job->settings = metadata_json(ctx, c, "settings");
    c->expect = metadata_json(ctx, c, "expect");
    const char *class = ts_safetensors_metadata(c->file, "class");
    c->classes = class && class[0] != '{' ? json_string(class) : metadata_json(ctx, c, "class");
    if (!ctx->status && job->settings && !json_is_object(job->settings))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: metadata \"settings\" must be an object", c->path);
    if (read_tensors(ctx, c))
        return ctx->status;
    return find_wanted(ctx, c);
}

static const char *text_of(ts_ctx *ctx, const ts_case *c, const char *key)
{
    return ts_json_text(ctx, c->root, c->path, key, NULL);
}

/* Cases of a tokenizer hold the tokens that were added to it beside their rows: a setting as well. */
static void read_vocabulary(ts_ctx *ctx, ts_case *c)
{
    json_t *const added = json_object_get(c->root, "added_tokens");
    if (!added || json_object_get(c->job.settings, "added_tokens"))
        return;
    json_t *const settings = c->job.settings ? json_copy(c->job.settings) : json_object();
    if (json_object_set(settings, "added_tokens", added))
        ts_fail(ctx, TS_ERROR_MEMORY, "%s: no memory for its settings", c->path);
    json_decref(c->job.settings);
    c->job.settings = settings;
}

static ts_status open_json(ts_ctx *ctx, ts_case *c)
{
    c->root = ts_json_read_texts(ctx, c->path, "text");
    if (!c->root)
        return ctx->status;
    c->job.module = text_of(ctx, c, "module");
    c->job.checkpoint = relative(ctx, c->path, text_of(ctx, c, "checkpoint"));
    c->job.lora = relative(ctx, c->path, text_of(ctx, c, "lora"));
    c->job.settings = json_incref(json_object_get(c->root, "settings"));
    read_vocabulary(ctx, c);
    c->expect = json_incref(json_object_get(c->root, "expect"));
    c->classes = json_incref(json_object_get(c->root, "class"));
    c->job.rows = json_object_get(c->root, "rows");
    if (!ctx->status && !json_is_array(c->job.rows))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: \"rows\" must be a list", c->path);
    return ctx->status;
}

ts_status ts_case_open(ts_ctx *ctx, ts_case *c, const char *path)
{
    const size_t length = strlen(path);
    *c = (ts_case){.path = path};
    if (length > 5 && strcmp(path + length - 5, ".json") == 0)
        return open_json(ctx, c);
    return open_tensors(ctx, c);
}

void ts_case_close(ts_case *c)
{
    ts_job_free(&c->job);
    ts_free(c->targets);
    json_decref(c->expect);
    json_decref(c->classes);
    json_decref(c->root);
    ts_safetensors_close(c->file);
    *c = (ts_case){0};
}
