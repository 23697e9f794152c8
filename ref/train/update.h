/* update.h: the step of the parameters: which optimiser, with which rate at which time. */
#ifndef TS_TRAIN_UPDATE_H
#define TS_TRAIN_UPDATE_H

#include "ref/io/items.h"
#include "ref/models/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TS_UPDATE_SGD } ts_update_kind;
typedef enum { TS_RATE_CONSTANT, TS_RATE_LINEAR, TS_RATE_COSINE } ts_rate_curve;

typedef struct {
    ts_update_kind kind;
    double rate, last_rate; /* after the warm-up, and at the end */
    ts_rate_curve curve;    /* between them */
    double warmup;          /* epochs in which the rate grows from `first_rate` */
    double first_rate;
    double momentum, decay;
    bool nesterov;
} ts_update_rule;

/* The rate after `done` of `total` epochs, both may be fractions. */
double ts_update_rate(const ts_update_rule *rule, double done, double total);

typedef struct ts_update ts_update;

ts_update *ts_update_open(ts_ctx *ctx, const ts_model *model, const ts_update_rule *rule);
void ts_update_close(ts_update *u);

/* Changes the model's values by the gradients (of the same layout), in place. Every rank does the
 * same, bit for bit. */
ts_status ts_update_step(ts_ctx *ctx, ts_update *u, ts_model *model, void *gradients, double rate);

/* What a checkpoint must keep: adds views of the memory, to be written or to be filled. */
ts_status ts_update_state(ts_ctx *ctx, const ts_update *u, ts_items *items);

#ifdef __cplusplus
}
#endif
#endif
