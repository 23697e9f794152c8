/* exchange.h: gradients of all ranks become their mean.
 *
 * The gradient is cut into buckets: whole parameters, the last first, as a backward pass finishes
 * them, until a bucket has so many bytes. Each bucket travels by itself, by a scheme of
 * topk/scheme.h, on stream 1 of the virtual clock, while stream 0 computes the gradients of the
 * next. */
#ifndef TS_TRAIN_EXCHANGE_H
#define TS_TRAIN_EXCHANGE_H

#include "ref/models/model.h"
#include "ref/topk/scheme.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *name;      /* of ts_scheme_presets */
    ts_scheme_config scheme;
    ts_warmup warmup;      /* of the density, in the first epochs of the training */
    int64_t warmup_epochs;
} ts_exchange_way;

typedef struct ts_exchange ts_exchange;

/* All ranks call, with the same arguments. NULL after a failure. */
ts_exchange *ts_exchange_open(ts_comm *world, const ts_model *model, const ts_exchange_way *way,
                              int64_t bucket_bytes);
void ts_exchange_close(ts_exchange *x);

/* From here on another way. What the old one has not sent yet goes with the next gradient, but where
 * only the density differs: then it stays where it is. */
ts_status ts_exchange_change(ts_exchange *x, const ts_exchange_way *way);

/* When a step is, and how long it takes on the virtual clock: seconds of forward and backward, a third
 * of them forward, the rest in proportion to the parameters of the buckets. */
typedef struct {
    int64_t step, epoch;
    double compute;
} ts_exchange_when;

/* `gradients` (ts_model_size of the model, of the storage type) become the mean of all ranks': one
 * multiplication by 1/P at the end. skipped: a sum was not finite, and the step must be left out. */
ts_status ts_exchange_run(ts_exchange *x, void *gradients, const ts_exchange_when *when,
                          bool *skipped);

/* What a checkpoint must keep of this rank: adds views of the memory, to be written or filled. */
ts_status ts_exchange_state(ts_exchange *x, ts_items *items);

int64_t ts_exchange_buckets(const ts_exchange *x);

#ifdef __cplusplus
}
#endif
#endif
