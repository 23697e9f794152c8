/* training.c: a training step. */
#include "tests/bench/bench.h"

#include <stddef.h>

enum { BATCH = 16, SIDE = 96 };

/* Forward, loss, backward and running averages of ResNet-50 in training mode. */
static void resnet50(ts_ctx *ctx, const bench_data *d)
{
    int64_t classes[BATCH], n = BATCH;
    ts_model_result result;
    for (int i = 0; i < BATCH; i++)
        classes[i] = i * 61 % 1000;
    const ts_batch batch = {bench_view(d->x, 4, (int64_t[]){BATCH, 3, SIDE, SIDE}),
                            ts_tensor_of(classes, TS_I64, 1, &n)};
    if (d->resnet)
        ts_model_gradients(ctx, d->resnet, batch, (ts_model_how){0}, d->gradients, &result);
}

bench_item bench_training[] = {
    {"ResNet-50 step 16x96x96", "blas", PEER, 1.25, "resnet50", 0, resnet50, 0, false, 0, 0},
    {.name = NULL},
};
