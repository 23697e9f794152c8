/* model.c: a network that can be trained. See model.h.
 *
 * Test:     tests/models/test_model.c               Golden: models/step_* */
#include "ref/models/model.h"

#include "ref/base/grad.h"
#include "ref/ops/tape.h"

#include <string.h>

struct ts_model {
    ts_model_config config;
    ts_weights *weights;
    ts_parameter *parameters;
    int64_t count, size, buffer_size;
    ts_dtype type;
    void *values, *buffers;
};

const ts_model_config *ts_model_config_of(const ts_model *model)
{
    return &model->config;
}

int64_t ts_model_count(const ts_model *model)
{
    return model->count;
}

const ts_parameter *ts_model_parameter(const ts_model *model, int64_t i)
{
    return &model->parameters[i];
}

void *ts_model_values(const ts_model *model)
{
    return model->values;
}

int64_t ts_model_size(const ts_model *model)
{
    return model->size;
}

void *ts_model_buffers(const ts_model *model)
{
    return model->buffers;
}

int64_t ts_model_buffer_size(const ts_model *model)
{
    return model->buffer_size;
}

ts_weights *ts_model_weights(const ts_model *model)
{
    return model->weights;
}

/* Making. ---------------------------------------------------------------------------------------- */

static ts_status no_memory(ts_ctx *ctx)
{
    return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the parameters of a model");
}

/* Counts tensors and numbers, and takes the memory for them. */
static void measure(ts_ctx *ctx, ts_model *m, const ts_layers *list)
{
    ts_layer_tensor t[TS_LAYER_TENSORS];
    for (int64_t i = 0; i < list->count; i++) {
        const int n = ts_layer_tensors(&list->items[i], t);
        for (int k = 0; k < n; k++) {
            int64_t numbers, *total = t[k].buffer ? &m->buffer_size : &m->size;
            if (!ts_count_elements(t[k].size, t[k].rank, &numbers) ||
                !ts_add_size(*total, numbers, total)) {
                ts_fail(ctx, TS_ERROR_MEMORY, "%s: the model is too large", t[k].name);
                return;
            }
            m->count++;
        }
    }
    const size_t bytes = ts_dtype_size(m->type);
    m->parameters = ts_alloc_zero((size_t)m->count, sizeof *m->parameters);
    m->values = ts_alloc_zero((size_t)m->size, bytes);
    m->buffers = ts_alloc_zero((size_t)m->buffer_size, bytes);
    if (!m->parameters || !m->values || !m->buffers)
        no_memory(ctx);
}

/* The tensor's place in the memory, and its name among the weights. */
static void place(ts_ctx *ctx, ts_model *m, const ts_layer_tensor *t, ts_parameter *to,
                  int64_t fill[2])
{
    char *const block = t->buffer ? m->buffers : m->values;
    to->first = fill[t->buffer];
    to->buffer = t->buffer;
    to->decays = t->rank > 1;
    to->value = ts_tensor_of(block + to->first * (int64_t)ts_dtype_size(m->type), m->type, t->rank,
                             t->size);
    fill[t->buffer] += ts_numel(to->value);
    ts_weights_add(ctx, m->weights, t->name, to->value);
}

static void copy_from(ts_ctx *ctx, ts_weights *from, const ts_layer_tensor *t, ts_tensor to)
{
    const ts_tensor w = ts_buffer(ctx, from, t->rank, t->size, "%s", t->name);
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    void *plain = ctx->status ? NULL
                              : ts_take(ctx, (size_t)ts_numel(w) * ts_dtype_size(w.dtype));
    if (plain) {
        ts_elements(plain, w);
        ts_convert(to.data, to.dtype, plain, w.dtype, ts_numel(to));
    }
    ts_arena_return(&ctx->arena, mark);
}

/* Places all tensors, filled from `from`, or by the seed where there is no `from`. */
static void fill(ts_ctx *ctx, ts_model *m, const ts_layers *list, ts_weights *from, uint64_t seed)
{
    ts_layer_tensor t[TS_LAYER_TENSORS];
    int64_t used[2] = {0, 0}, at = 0;
    for (int64_t i = 0; i < list->count && !ctx->status; i++) {
        const int n = ts_layer_tensors(&list->items[i], t);
        for (int k = 0; k < n && !ctx->status; k++, at++) {
            place(ctx, m, &t[k], &m->parameters[at], used);
            if (from)
                copy_from(ctx, from, &t[k], m->parameters[at].value);
            else
                ts_layer_begin(m->parameters[at].value, &t[k], seed, (uint64_t)at);
        }
    }
}

/* The names live with the weights, which sort themselves: found again when all are there. */
static void name_all(ts_model *m)
{
    for (int64_t i = 0; i < m->count; i++)
        for (int64_t k = 0; k < m->count && !m->parameters[i].name; k++)
            if (ts_weights_tensor(m->weights, k).data == m->parameters[i].value.data)
                m->parameters[i].name = ts_weights_name(m->weights, k);
}

static ts_model *make(ts_ctx *ctx, const ts_model_config *config, ts_weights *from, uint64_t seed)
{
    if (ctx->status)
        return NULL;
    ts_model *m = ts_alloc_zero(1, sizeof *m);
    if (!m) {
        no_memory(ctx);
        return NULL;
    }
    ts_layers list = {0};
    m->config = *config;
    m->type = ctx->compute;
    m->weights = ts_weights_new(ctx, "model");
    ts_model_layers(ctx, &list, config);
    if (from && !ctx->status)
        ts_layers_check(ctx, from, &list);
    if (!ctx->status)
        measure(ctx, m, &list);
    if (!ctx->status)
        fill(ctx, m, &list, from, seed);
    ts_layers_free(&list);
    if (!ctx->status) {
        name_all(m);
        return m;
    }
    ts_model_close(m);
    return NULL;
}

ts_model *ts_model_new(ts_ctx *ctx, const ts_model_config *config, uint64_t seed)
{
    return make(ctx, config, NULL, seed);
}

ts_model *ts_model_open(ts_ctx *ctx, const ts_model_config *config, ts_weights *weights)
{
    return make(ctx, config, weights, 0);
}

void ts_model_close(ts_model *model)
{
    if (!model)
        return;
    ts_weights_close(model->weights);
    ts_free(model->parameters);
    ts_free(model->values);
    ts_free(model->buffers);
    ts_free(model);
}

/* Steps. ----------------------------------------------------------------------------------------- */

/* Logits as (rows, classes). */
static ts_tensor rows_of(ts_ctx *ctx, ts_tensor logits)
{
    if (ctx->status || logits.rank == 2)
        return logits;
    return ts_reshape(ctx, logits, 2, (int64_t[]){logits.size[0] * logits.size[1], logits.size[2]});
}

static ts_tensor flat(ts_ctx *ctx, ts_tensor target)
{
    const int64_t n = ts_numel(target);
    return ctx->status || target.rank == 1 ? target : ts_reshape(ctx, target, 1, &n);
}

static void count_right(ts_tensor logits, ts_tensor target, ts_model_result *result)
{
    const int64_t classes = logits.size[1];
    result->rows = logits.size[0];
    result->right = 0;
    for (int64_t row = 0; row < logits.size[0]; row++) {
        int64_t best = 0;
        for (int64_t c = 1; c < classes; c++)
            if (ts_load(logits.data, logits.dtype, row * classes + c) >
                ts_load(logits.data, logits.dtype, row * classes + best))
                best = c;
        result->right += (double)best == ts_load(target.data, target.dtype, row);
    }
}

static ts_tensor loss_of(ts_ctx *ctx, ts_model *m, ts_pass *pass, ts_batch batch, double smoothing,
                         ts_model_result *result)
{
    const ts_tensor logits = rows_of(ctx, ts_model_output(ctx, pass, &m->config, batch.x));
    const ts_tensor target = flat(ctx, batch.target);
    const ts_tensor loss = ts_cross_entropy_smooth(ctx, logits, target, smoothing);
    if (ctx->status)
        return (ts_tensor){0};
    count_right(logits, target, result);
    result->loss = ts_load(loss.data, loss.dtype, 0);
    return loss;
}

/* Gradients of the weights to their places; zeros where nothing has flowed. */
static void gather(const ts_model *m, char *gradients)
{
    const int64_t bytes = (int64_t)ts_dtype_size(m->type);
    const char *name;
    memset(gradients, 0, (size_t)(m->size * bytes));
    for (int64_t i = 0; i < ts_weights_grad_count(m->weights); i++) {
        const ts_tensor g = ts_weights_grad(m->weights, i, &name);
        for (int64_t k = 0; k < m->count && !ts_is_empty(g); k++)
            if (m->parameters[k].name == name)
                memcpy(gradients + m->parameters[k].first * bytes, g.data,
                       (size_t)(ts_numel(g) * bytes));
    }
}

static void move_averages(const ts_model *m, const ts_running *running)
{
    for (; running; running = running->before)
        for (int64_t k = 0; k < m->count; k++)
            if (m->parameters[k].name == running->name)
                memcpy(m->parameters[k].value.data, running->value.data,
                       (size_t)ts_numel(running->value) * ts_dtype_size(m->type));
}

static ts_status fits(ts_ctx *ctx, const ts_model *m)
{
    if (!ctx->status && ctx->compute != m->type)
        ts_fail(ctx, TS_ERROR_USAGE, "the model holds %s, the context computes in %s",
                ts_dtype_name(m->type), ts_dtype_name(ctx->compute));
    return ctx->status;
}

ts_status ts_model_gradients(ts_ctx *ctx, ts_model *model, ts_batch batch, ts_model_how how,
                             void *gradients, ts_model_result *result)
{
    if (fits(ctx, model))
        return ctx->status;
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    ts_pass pass = ts_model_pass(&model->config, model->weights);
    pass.train = true;
    pass.key = (ts_dropout_key){how.seed, how.step, 0};
    ts_weights_want_grads(model->weights, true);
    const ts_tensor loss = loss_of(ctx, model, &pass, batch, how.label_smoothing, result);
    double one = 1.0;
    ts_seed_grad(ctx, loss, ts_tensor_of(&one, TS_F64, 0, NULL));
    if (!ctx->status && ts_tape_backward(ctx) == TS_OK) {
        gather(model, gradients);
        if (!how.keep_averages)
            move_averages(model, pass.running);
    }
    ts_tape_drop(ctx);
    ts_weights_want_grads(model->weights, false);
    ts_arena_return(&ctx->arena, mark);
    return ctx->status;
}

ts_status ts_model_evaluate(ts_ctx *ctx, ts_model *model, ts_batch batch, ts_model_result *result)
{
    if (fits(ctx, model))
        return ctx->status;
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    ts_pass pass = ts_model_pass(&model->config, model->weights);
    ts_weights_want_grads(model->weights, false);
    loss_of(ctx, model, &pass, batch, 0.0, result);
    ts_arena_return(&ctx->arena, mark);
    return ctx->status;
}
