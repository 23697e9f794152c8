/* exchange.h: gradients of all ranks become their mean.
 *
 * The gradient is cut into buckets: whole parameters, the last first, as a backward pass finishes
 * them, until a bucket has so many bytes. Each bucket travels by itself, on stream 1 of the virtual
 * clock, while stream 0 computes the gradients of the next. */
#ifndef TS_TRAIN_EXCHANGE_H
#define TS_TRAIN_EXCHANGE_H

#include "ref/comm/comm.h"
#include "ref/io/items.h"
#include "ref/models/model.h"
#include "ref/topk/density.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *scheme; /* a name of ts_exchange_schemes */
    ts_density density; /* of the sparse ones */
    bool feedback;      /* what was not sent is added to the next gradient */
} ts_exchange_way;

typedef struct ts_exchange ts_exchange;

extern const char *const ts_exchange_schemes[]; /* ended by NULL */
bool ts_exchange_sparse(const char *scheme);

ts_exchange *ts_exchange_open(ts_comm *world, const ts_model *model, const ts_exchange_way *way,
                              int64_t bucket_bytes, uint64_t seed);
void ts_exchange_close(ts_exchange *x);

/* `gradients` (ts_model_size of the model, of the storage type) become the mean of all ranks'.
 * `compute`: seconds that forward and backward take on the virtual clock: a third of them forward,
 * the rest in proportion to the parameters of the buckets. */
ts_status ts_exchange_run(ts_exchange *x, void *gradients, int64_t step, double compute);

/* What a checkpoint must keep of this rank: adds views of the memory, to be written or filled. */
ts_status ts_exchange_state(ts_exchange *x, ts_items *items);

#ifdef __cplusplus
}
#endif
#endif
