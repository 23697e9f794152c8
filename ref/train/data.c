/* data.c: see data.h. Test: tests/train/test_data.c */
#include "ref/train/data.h"

#include "ref/train/augment.h"

#include <string.h>

static ts_status open_text(ts_ctx *ctx, ts_train_data *d, const ts_train_settings *s,
                           const char *path)
{
    if (ts_corpus_read(ctx, &d->text, path))
        return ctx->status;
    const int64_t part = d->text.count / s->folds;
    if (s->fold != 0 && s->fold != s->folds - 1)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "fold %lld/%lld: of a text the first or the last part is held out",
                       (long long)s->fold, (long long)s->folds);
    d->held_count = part;
    d->held = s->fold == 0 ? 0 : d->text.count - part;
    d->first = s->fold == 0 ? part : 0;
    d->count = d->text.count - part;
    if (part <= s->length || d->count <= s->length)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: %lld tokens are too few for sequences of %lld and "
                       "%lld parts", path, (long long)d->text.count, (long long)s->length,
                       (long long)s->folds);
    return TS_OK;
}

ts_status ts_train_data_open(ts_ctx *ctx, ts_train_data *data, const ts_train_settings *s,
                             const char *path)
{
    memset(data, 0, sizeof *data);
    if (ctx->status)
        return ctx->status;
    if (s->task == TS_TRAIN_LM)
        return open_text(ctx, data, s, path);
    data->samples = ts_samples_open(ctx, path, "auto");
    if (!data->samples)
        return ctx->status;
    const int64_t count = ts_samples_size_of(data->samples).count;
    if (count < s->folds)
        return ts_fail(ctx, TS_ERROR_USAGE, "%s: %lld pictures cannot be cut into %lld parts", path,
                       (long long)count, (long long)s->folds);
    return ts_split_folds(ctx, &data->split, count, s->folds, s->fold, s->seed);
}

void ts_train_data_close(ts_train_data *data)
{
    ts_samples_close(data->samples);
    ts_corpus_free(&data->text);
    ts_split_free(&data->split);
    memset(data, 0, sizeof *data);
}

static int keep(json_t *object, const char *key, int64_t value)
{
    return json_object_get(object, key) ? 0 : json_object_set_new(object, key, json_integer(value));
}

ts_status ts_train_data_complete(ts_ctx *ctx, const ts_train_data *data, json_t *json)
{
    int failed = 0;
    if (!json_object_get(json, "network"))
        failed |= json_object_set_new(json, "network", json_object());
    json_t *network = json_object_get(json, "network");
    if (data->samples) {
        const ts_samples_size size = ts_samples_size_of(data->samples);
        failed |= keep(network, "classes", size.classes) | keep(network, "channels", size.channels) |
                  json_object_set_new(json, "samples", json_integer(size.count));
    } else {
        failed |= keep(network, "vocabulary", data->text.vocabulary) |
                  json_object_set_new(json, "samples", json_integer(data->text.count));
    }
    return failed ? ts_fail(ctx, TS_ERROR_MEMORY, "no memory for settings") : ctx->status;
}

int64_t ts_train_data_steps(const ts_train_data *data, const ts_train_settings *s, int64_t batch)
{
    return data->samples ? data->split.trains / batch : data->count / s->length / batch;
}

/* Pictures. -------------------------------------------------------------------------------------- */

static ts_augment way_of(const ts_train_data *d, const ts_train_settings *s,
                         const ts_train_stage *stage, const ts_picture *p)
{
    ts_augment how = {.height = stage->resolution ? stage->resolution : p->height,
                      .width = stage->resolution ? stage->resolution : p->width,
                      .min_area = stage->min_area < 1 ? stage->min_area : 0,
                      .pad = s->pad,
                      .flip = s->flip,
                      .brightness = s->colour,
                      .contrast = s->colour,
                      .saturation = s->colour};
    for (int c = 0; c < 3; c++) {
        const bool coloured = ts_samples_size_of(d->samples).channels == 3;
        how.mean[c] = coloured ? ts_imagenet_mean[c] : 0.5f;
        how.deviation[c] = coloured ? ts_imagenet_deviation[c] : 0.5f;
    }
    return how;
}

/* One picture into row `row` of the batch, which the first one makes room for. */
static void put(ts_ctx *ctx, const ts_train_data *d, const ts_train_settings *s,
                const ts_train_stage *stage, int64_t sample, int64_t epoch, ts_batch *b, int64_t row,
                int64_t rows)
{
    ts_picture p = {0};
    if (ts_samples_picture(ctx, d->samples, sample, &p))
        return;
    const ts_augment how = way_of(d, s, stage, &p);
    const int64_t size[4] = {rows, p.channels, how.height, how.width};
    if (row == 0) {
        b->x = ts_new(ctx, TS_F32, 4, size);
        b->target = ts_new(ctx, TS_I64, 1, size);
    }
    if (!ctx->status && !(b->x.size[1] == size[1] && b->x.size[2] == size[2] &&
                          b->x.size[3] == size[3]))
        ts_fail(ctx, TS_ERROR_SHAPE, "pictures %lld and those before differ in size: give a "
                "resolution", (long long)sample);
    if (!ctx->status) {
        float *out = (float *)b->x.data + row * size[1] * size[2] * size[3];
        ((int64_t *)b->target.data)[row] = ts_samples_label(d->samples, sample);
        if (epoch >= 0)
            ts_augment_train(ctx, out, &p, &how, (ts_draw_key){s->seed, epoch, sample});
        else
            ts_augment_test(ctx, out, &p, &how, 1.0);
    }
    ts_picture_free(&p);
}

/* As the context computes. */
static ts_tensor stored(ts_ctx *ctx, ts_tensor x)
{
    if (ctx->status || ctx->compute == x.dtype)
        return x;
    const ts_tensor wide = ts_new(ctx, ctx->compute, x.rank, x.size);
    if (!ctx->status)
        ts_convert(wide.data, wide.dtype, x.data, x.dtype, ts_numel(x));
    return wide;
}

/* Texts. ----------------------------------------------------------------------------------------- */

static ts_batch room_for_text(ts_ctx *ctx, const ts_train_settings *s, int64_t rows)
{
    const int64_t size[2] = {rows, s->length};
    ts_batch b = {ts_new(ctx, TS_I64, 2, size), ts_new(ctx, TS_I64, 2, size)};
    return b;
}

static ts_batch text_batch(ts_ctx *ctx, const ts_train_data *d, const ts_train_settings *s,
                           ts_train_place at, int64_t batch)
{
    const ts_batch b = room_for_text(ctx, s, at.count);
    const int64_t step = at.epoch * ts_train_data_steps(d, s, batch) + at.step;
    for (int64_t i = 0; i < at.count && !ctx->status; i++)
        ts_corpus_draw(&d->text, d->first, d->count, s->length, s->seed, step, at.first + i,
                     (int64_t *)b.x.data + i * s->length, (int64_t *)b.target.data + i * s->length);
    return b;
}

/* Row r of the held-out part: its tokens r * length and on. */
static ts_batch text_test(ts_ctx *ctx, const ts_train_data *d, const ts_train_settings *s,
                          int64_t first, int64_t count)
{
    const ts_batch b = room_for_text(ctx, s, count);
    for (int64_t i = 0; i < count * s->length && !ctx->status; i++) {
        const int32_t *ids = d->text.ids + d->held + first * s->length + i;
        ((int64_t *)b.x.data)[i] = ids[0];
        ((int64_t *)b.target.data)[i] = ids[1];
    }
    return b;
}

/* Both. ------------------------------------------------------------------------------------------ */

ts_batch ts_train_data_batch(ts_ctx *ctx, const ts_train_data *data, const ts_train_settings *s,
                             const ts_train_stage *stage, ts_train_place at)
{
    ts_batch b = {{0}, {0}};
    if (ctx->status)
        return b;
    if (!data->samples)
        return text_batch(ctx, data, s, at, stage->batch);
    for (int64_t i = 0; i < at.count && !ctx->status; i++)
        put(ctx, data, s, stage, at.order[at.step * stage->batch + at.first + i], at.epoch, &b, i,
            at.count);
    b.x = stored(ctx, b.x);
    return b;
}

int64_t ts_train_data_tests(const ts_train_data *data, const ts_train_settings *s)
{
    return data->samples ? data->split.tests : (data->held_count - 1) / s->length;
}

ts_batch ts_train_data_test(ts_ctx *ctx, const ts_train_data *data, const ts_train_settings *s,
                            const ts_train_stage *stage, int64_t first, int64_t count)
{
    ts_batch b = {{0}, {0}};
    if (ctx->status)
        return b;
    if (!data->samples)
        return text_test(ctx, data, s, first, count);
    for (int64_t i = 0; i < count && !ctx->status; i++)
        put(ctx, data, s, stage, data->split.test[first + i], -1, &b, i, count);
    b.x = stored(ctx, b.x);
    return b;
}
