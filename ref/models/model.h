/* model.h: a network that can be trained: its parameters in one block of memory, and a step.
 *
 *     ts_model *m = ts_model_new(ctx, config, seed);
 *     for each step:
 *         ts_model_gradients(ctx, m, batch, how, gradients, &result);   gradients and loss
 *         ... reduce `gradients` over the ranks ...
 *         ... change ts_model_values(m) by them ...
 *     ts_model_close(m);
 *
 * Trained parameters stand one after another in ts_model_values, in PyTorch's order, F32 or F64 as
 * the context computes; gradients have the same places. Buffers (running averages) stand in
 * ts_model_buffers and are moved by ts_model_gradients. Every rank has a model of its own, made from
 * the same seed; batch norms see the rank's own part of the batch, and its running averages are the
 * rank's own (torch's DistributedDataParallel without SyncBatchNorm does the same, but for sending
 * rank 0's buffers around). A model belongs to one thread at a time, as its contexts do. */
#ifndef TS_MODELS_MODEL_H
#define TS_MODELS_MODEL_H

#include "ref/models/config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_model ts_model;

/* One parameter or buffer: a view of the model's memory. */
typedef struct {
    const char *name; /* "layer1.0.conv1.weight" */
    ts_tensor value;
    int64_t first;    /* its place in ts_model_values or ts_model_buffers */
    bool buffer;
    bool decays; /* false for biases, norms and buffers, which recipes leave out of weight decay */
} ts_parameter;

/* A model whose parameters begin by the seed; in the storage of `ctx`. NULL after a failure. */
ts_model *ts_model_new(ts_ctx *ctx, const ts_model_config *config, uint64_t seed);

/* A model whose parameters are copied from `weights` (which may be closed then). */
ts_model *ts_model_open(ts_ctx *ctx, const ts_model_config *config, ts_weights *weights);
void ts_model_close(ts_model *model);

const ts_model_config *ts_model_config_of(const ts_model *model);
int64_t ts_model_count(const ts_model *model); /* parameters and buffers */
const ts_parameter *ts_model_parameter(const ts_model *model, int64_t i);

/* The memory itself: float or double, that many numbers. */
void *ts_model_values(const ts_model *model);
int64_t ts_model_size(const ts_model *model);
void *ts_model_buffers(const ts_model *model);
int64_t ts_model_buffer_size(const ts_model *model);

/* The same memory by names, for a forward pass of one's own. */
ts_weights *ts_model_weights(const ts_model *model);

/* A batch: pictures (B, C, H, W) with classes (B), or ids (B, T) with ids (B, T) that follow them. */
typedef struct {
    ts_tensor x, target; /* target: integers */
} ts_batch;

typedef struct {
    uint64_t seed;          /* of dropout; another one on each rank */
    int64_t step;
    double label_smoothing;
    bool keep_averages;     /* do not move the running averages */
} ts_model_how;

typedef struct {
    double loss;    /* mean over the rows, label smoothing included */
    int64_t rows;   /* pictures, or tokens */
    int64_t right;  /* rows whose likeliest class is the target */
} ts_model_result;

/* Forward and backward in training mode. `gradients` receives ts_model_size numbers of the storage
 * type. The arena is left as it was: the memory is used again by the next step. */
ts_status ts_model_gradients(ts_ctx *ctx, ts_model *model, ts_batch batch, ts_model_how how,
                             void *gradients, ts_model_result *result);

/* Forward in evaluation mode: loss without smoothing, and how many rows are right. */
ts_status ts_model_evaluate(ts_ctx *ctx, ts_model *model, ts_batch batch, ts_model_result *result);

#ifdef __cplusplus
}
#endif
#endif
