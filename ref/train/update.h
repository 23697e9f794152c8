/* update.h: the step of a model's parameters by an optimiser, with the rate of the moment. */
#ifndef TS_TRAIN_UPDATE_H
#define TS_TRAIN_UPDATE_H

#include "ref/models/model.h"
#include "ref/optim/optim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_RATE_CONSTANT, TS_RATE_LINEAR, TS_RATE_COSINE } ts_rate_curve;

typedef struct {
    const char *method;      /* of optim.h: "sgd", "lars" ... */
    ts_optim_settings optim; /* lr: after the warm-up */
    double last_rate;        /* at the end */
    ts_rate_curve curve;     /* between them */
    double warmup;           /* epochs in which the rate grows from `first_rate` */
    double first_rate;
} ts_update_rule;

/* The rate after `done` of `total` epochs, both may be fractions. */
double ts_update_rate(const ts_update_rule *rule, double done, double total);

typedef struct ts_update ts_update;

/* Parameters that do not decay (biases, norms) are a group without decay and without a trust ratio
 * of their own. */
ts_update *ts_update_open(ts_ctx *ctx, const ts_model *model, const ts_update_rule *rule);
void ts_update_close(ts_update *u);

/* Changes the model's values by the gradients (of the same layout), in place. Every rank does the
 * same, bit for bit. */
ts_status ts_update_step(ts_ctx *ctx, ts_update *u, void *gradients, double rate);

/* What a checkpoint must keep: views to be written, and the way back. */
ts_status ts_update_collect(ts_ctx *ctx, const ts_update *u, ts_items *items);
ts_status ts_update_restore(ts_ctx *ctx, ts_update *u, const ts_safetensors *file);

#ifdef __cplusplus
}
#endif
#endif
