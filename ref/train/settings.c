/* settings.c: see settings.h. Test: tests/train/test_settings.c */
#include "ref/train/settings.h"

#include "ref/io/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys that a stage may have, and the others. */
static const char *const of_stage[] = {
    "epochs",   "batch",      "resolution", "min_area", "scheme",         "density",
    "feedback", "correction", "masking",    "wire",     "density_warmup", "density_warmup_epochs",
    NULL};
static const char *const of_all[] = {
    "task",     "network",  "ranks",         "nodes",     "seed",      "fold",      "smoothing",
    "pad",      "flip",     "colour",        "length",    "bucket_mib", "skip_bad", "optimizer",
    "lr",       "last_lr",  "first_lr",      "schedule",  "warmup_epochs", "lars",  "eta",
    "min_trust", "max_trust", "beta1",       "beta2",     "eps",       "momentum",  "nesterov",
    "weight_decay", "stages", "about",       "sources",   "samples",   NULL};

static bool among(const char *word, const char *const *list)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

typedef struct {
    ts_ctx *ctx;
    const json_t *json, *above; /* above: where a stage's missing keys are looked for */
    const char *where;
} reader;

static const json_t *object_of(reader r, const char *key)
{
    return r.above && !json_object_get(r.json, key) ? r.above : r.json;
}

static int64_t whole(reader r, const char *key, int64_t otherwise, int64_t least, int64_t most)
{
    const int64_t x = ts_json_int(r.ctx, object_of(r, key), r.where, key, otherwise);
    if (!r.ctx->status && (x < least || x > most))
        ts_fail(r.ctx, TS_ERROR_USAGE, "%s: %s is %lld, expected %lld to %lld", r.where, key,
                (long long)x, (long long)least, (long long)most);
    return x;
}

static double real(reader r, const char *key, double otherwise, double least, double most)
{
    const double x = ts_json_real(r.ctx, object_of(r, key), r.where, key, otherwise);
    if (!r.ctx->status && !(x >= least && x <= most))
        ts_fail(r.ctx, TS_ERROR_USAGE, "%s: %s is %g, expected %g to %g", r.where, key, x, least,
                most);
    return x;
}

static bool flag(reader r, const char *key, bool otherwise)
{
    return ts_json_bool(r.ctx, object_of(r, key), r.where, key, otherwise);
}

/* The place of the word in a list ended by NULL. */
static int word(reader r, const char *key, const char *const *list, const char *otherwise)
{
    const char *text = ts_json_text(r.ctx, object_of(r, key), r.where, key, otherwise);
    char all[256] = "";
    for (int i = 0; list[i] && !r.ctx->status; i++) {
        if (strcmp(list[i], text) == 0)
            return i;
        strncat(all, i ? ", " : "", sizeof all - strlen(all) - 1);
        strncat(all, list[i], sizeof all - strlen(all) - 1);
    }
    if (!r.ctx->status)
        ts_fail(r.ctx, TS_ERROR_USAGE, "%s: %s is \"%.60s\", expected one of %s", r.where, key, text,
                all);
    return 0;
}

static void check_keys(reader r, const char *const *first, const char *const *second)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)r.json, key, value)
        if (!among(key, first) && !among(key, second))
            ts_fail(r.ctx, TS_ERROR_USAGE, "%s: unknown key \"%.60s\"", r.where, key);
}

static void read_way(reader r, const ts_train_settings *s, ts_exchange_way *way)
{
    static const char *const warmups[] = {"none", "exponential", "published", NULL};
    static const char *const wires[] = {"f32", "f16", NULL};
    way->name = ts_scheme_presets[word(r, "scheme", ts_scheme_presets, "ring")];
    ts_scheme_config *c = &way->scheme;
    ts_scheme_preset(r.ctx, c, way->name);
    c->seed = s->seed;
    if (word(r, "wire", wires, "f32") == 1)
        c->wire = TS_F16;
    c->feedback.feedback = flag(r, "feedback", true);
    if (flag(r, "correction", false)) {
        c->feedback.momentum = s->rule.optim.momentum;
        c->feedback.nesterov = s->rule.optim.nesterov;
        c->feedback.masking = flag(r, "masking", true);
    }
    way->warmup = (ts_warmup)word(r, "density_warmup", warmups, "none");
    way->warmup_epochs = whole(r, "density_warmup_epochs", way->warmup ? 4 : 0, 0,
                               way->warmup == TS_WARMUP_PUBLISHED ? 5 : 1000);
    const char *density = ts_json_text(r.ctx, object_of(r, "density"), r.where, "density", "0.01");
    if (!r.ctx->status)
        ts_density_parse(r.ctx, &c->density, density);
}

static void read_stage(reader r, const ts_train_settings *s, ts_train_stage *stage)
{
    stage->epochs = whole(r, "epochs", 1, 1, 1000000);
    stage->batch = whole(r, "batch", 64, 1, 1 << 24);
    stage->resolution = whole(r, "resolution", 0, 0, 4096);
    stage->min_area = real(r, "min_area", 1.0, 0.01, 1.0);
    if (!r.ctx->status)
        read_way(r, s, &stage->way);
    if (!r.ctx->status && stage->batch % s->ranks)
        ts_fail(r.ctx, TS_ERROR_USAGE, "%s: batch %lld is no multiple of the %d ranks", r.where,
                (long long)stage->batch, s->ranks);
}

static void read_stages(reader r, ts_train_settings *s)
{
    const json_t *list = json_object_get(r.json, "stages");
    s->stages = 1;
    if (!list) {
        read_stage(r, s, s->stage);
        return;
    }
    const size_t n = json_array_size(list);
    if (n < 1 || n > TS_TRAIN_STAGES) {
        ts_fail(r.ctx, TS_ERROR_USAGE, "%s: stages is expected to be a list of 1 to %d objects",
                r.where, TS_TRAIN_STAGES);
        return;
    }
    s->stages = (int)n;
    for (size_t i = 0; i < n && !r.ctx->status; i++) {
        const reader one = {r.ctx, json_array_get(list, i), r.json, r.where};
        static const char *const about[] = {"about", NULL};
        if (!json_is_object(one.json))
            ts_fail(r.ctx, TS_ERROR_USAGE, "%s: stage %d is no object", r.where, (int)i);
        check_keys(one, of_stage, about);
        read_stage(one, s, &s->stage[i]);
    }
}

static void read_lars(reader r, ts_optim_settings *o)
{
    static const char *const kinds[] = {"you", "tf", "popular", "larc", NULL};
    o->lars = (ts_lars_kind)word(r, "lars", kinds, kinds[o->lars]);
    o->eta = real(r, "eta", o->eta, 0.0, 1e3);
    o->min_trust = real(r, "min_trust", o->min_trust, 0.0, 1e9);
    if (json_object_get(r.json, "max_trust"))
        o->max_trust = real(r, "max_trust", o->max_trust, o->min_trust, 1e9);
    o->skip_zero_gradient = true; /* sparse exchange leaves tensors without any */
}

/* What is not said is as the method was published, but for the rate and the momentum. */
static void read_rule(reader r, ts_update_rule *u)
{
    static const char *const methods[] = {"sgd", "lars", "adam", "adamw", "lamb", NULL};
    static const char *const curves[] = {"constant", "linear", "cosine", NULL};
    u->method = methods[word(r, "optimizer", methods, "sgd")];
    ts_optim_settings *o = &u->optim;
    *o = ts_optim_defaults(u->method);
    const bool adam = strstr(u->method, "a") == u->method || strcmp(u->method, "lamb") == 0;
    o->lr = real(r, "lr", adam ? 1e-3 : 0.1, 0.0, 1e6);
    o->momentum = real(r, "momentum", 0.9, 0.0, 1.0);
    o->nesterov = flag(r, "nesterov", false);
    o->weight_decay = real(r, "weight_decay", 0.0, 0.0, 1e3);
    o->beta1 = real(r, "beta1", o->beta1, 0.0, 1.0);
    o->beta2 = real(r, "beta2", o->beta2, 0.0, 1.0);
    o->eps = real(r, "eps", o->eps, 0.0, 1.0);
    if (strcmp(u->method, "lars") == 0)
        read_lars(r, o);
    u->last_rate = real(r, "last_lr", 0.0, 0.0, 1e6);
    u->first_rate = real(r, "first_lr", 0.0, 0.0, 1e6);
    u->curve = (ts_rate_curve)word(r, "schedule", curves, "constant");
    u->warmup = real(r, "warmup_epochs", 0.0, 0.0, 1e6);
}

/* "3/10": fold 3 (from 0) of 10; "none": nothing is held out. */
static void read_fold(reader r, ts_train_settings *s)
{
    const char *text = ts_json_text(r.ctx, r.json, r.where, "fold", "0/10");
    char more;
    long long fold, folds;
    if (r.ctx->status)
        return;
    if (sscanf(text, "%9lld/%9lld%c", &fold, &folds, &more) != 2 || folds < 2 || folds > 1000 ||
        fold < 0 || fold >= folds)
        ts_fail(r.ctx, TS_ERROR_USAGE,
                "%s: fold is \"%.60s\", expected K/N: part K (from 0) of N is held out", r.where,
                text);
    s->fold = fold;
    s->folds = folds;
}

static void read_pictures(reader r, ts_train_settings *s)
{
    s->pad = whole(r, "pad", 0, 0, 256);
    s->flip = flag(r, "flip", false);
    s->colour = real(r, "colour", 0.0, 0.0, 1.0);
}

/* Momentum correction moves the momentum before the selection; the optimiser must not add its own. */
static void correct(ts_ctx *ctx, ts_train_settings *s, const char *where)
{
    int with = 0;
    for (int i = 0; i < s->stages; i++)
        with += s->stage[i].way.scheme.feedback.momentum > 0;
    if (!with || ctx->status)
        return;
    if (with < s->stages || strcmp(s->rule.method, "sgd") != 0)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: correction is for all stages and the optimizer sgd", where);
    for (int i = 0; i < s->stages && !ctx->status; i++)
        if (!ts_scheme_is_sparse(&s->stage[i].way.scheme))
            ts_fail(ctx, TS_ERROR_USAGE, "%s: correction needs a sparse scheme, not %s", where,
                    s->stage[i].way.name);
    s->rule.optim.momentum = 0;
    s->rule.optim.nesterov = false;
}

ts_status ts_train_settings_read(ts_ctx *ctx, ts_train_settings *s, const json_t *json,
                                 const char *where)
{
    static const char *const tasks[] = {"resnet", "lm", NULL};
    const reader r = {ctx, json, NULL, where};
    memset(s, 0, sizeof *s);
    if (!ctx->status && !json_is_object(json))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: expected an object of settings", where);
    if (ctx->status)
        return ctx->status;
    check_keys(r, of_all, of_stage);
    s->task = (ts_train_task)word(r, "task", tasks, "resnet");
    s->ranks = (int)whole(r, "ranks", 1, 1, TS_MAX_RANKS);
    s->nodes = (int)whole(r, "nodes", 1, 1, s->ranks);
    s->seed = (uint64_t)whole(r, "seed", 0, 0, INT64_MAX);
    s->label_smoothing = real(r, "smoothing", 0.0, 0.0, 0.99);
    s->length = whole(r, "length", 64, 1, 1 << 20);
    s->bucket = whole(r, "bucket_mib", 64, 1, 1 << 16) << 20;
    s->skip_bad = flag(r, "skip_bad", false);
    read_fold(r, s);
    read_pictures(r, s);
    read_rule(r, &s->rule);
    if (!ctx->status)
        read_stages(r, s);
    correct(ctx, s, where);
    if (!ctx->status)
        ts_model_config_read(ctx, &s->model, json_object_get(json, "network"),
                             s->task == TS_TRAIN_LM ? "lm-tiny" : "resnet-digits", where);
    if (!ctx->status && (s->model.kind == TS_MODEL_LM) != (s->task == TS_TRAIN_LM))
        ts_fail(ctx, TS_ERROR_USAGE, "%s: the network does not fit the task %s", where,
                tasks[s->task]);
    return ctx->status;
}

ts_status ts_train_settings_set(ts_ctx *ctx, json_t *json, const char *key, json_t *value)
{
    json_t *list = json_object_get(json, "stages");
    bool done = false;
    int failed = value == NULL;
    for (size_t i = 0; i < json_array_size(list) && !failed; i++)
        if (json_object_get(json_array_get(list, i), key)) {
            failed = json_object_set(json_array_get(list, i), key, value);
            done = true;
        }
    if (!failed && !done)
        failed = json_object_set(json, key, value);
    json_decref(value);
    return failed && !ctx->status ? ts_fail(ctx, TS_ERROR_MEMORY, "no memory for settings")
                                  : ctx->status;
}

static bool may_differ(const char *key)
{
    return strcmp(key, "about") == 0 || strcmp(key, "sources") == 0;
}

ts_status ts_train_settings_same(ts_ctx *ctx, const json_t *old, const json_t *now,
                                 const char *where)
{
    const json_t *side[2] = {old, now};
    for (int i = 0; i < 2 && !ctx->status; i++) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)side[i], key, value)
        {
            const json_t *other = json_object_get(side[1 - i], key);
            if (may_differ(key) || (other && json_equal(value, other)))
                continue;
            char *a = json_dumps(json_object_get(old, key), JSON_ENCODE_ANY | JSON_COMPACT);
            char *b = json_dumps(json_object_get(now, key), JSON_ENCODE_ANY | JSON_COMPACT);
            ts_fail(ctx, TS_ERROR_USAGE,
                    "%s: cannot go on: \"%s\" was %.200s in the checkpoint and is %.200s now", where,
                    key, a ? a : "not given", b ? b : "not given");
            free(a);
            free(b);
            break;
        }
    }
    return ctx->status;
}
