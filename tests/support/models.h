/* models.h: the layers of a configuration, looked at. */
#ifndef TESTS_SUPPORT_MODELS_H
#define TESTS_SUPPORT_MODELS_H

#include "tests/support/golden.h"

#include "ref/models/config.h"

#include <stdio.h>
#include <string.h>

/* How many trained numbers the network of that JSON has; `count` receives the number of layers. */
static inline int64_t listed(const char *json, int64_t *count)
{
    ts_ctx ctx;
    ts_layers list = {0};
    ts_model_config config;
    ts_layer_tensor t[TS_LAYER_TENSORS];
    json_t *object = json_loads(json, 0, NULL);
    int64_t sum = 0;
    assert_non_null(object);
    ts_ctx_open_plain(&ctx);
    ts_model_config_read(&ctx, &config, object, "resnet50", "test");
    if (ctx.status)
        fail_msg("%s", ctx.message);
    ts_model_layers(&ctx, &list, &config);
    assert_int_equal(ctx.status, TS_OK);
    for (int64_t i = 0; i < list.count; i++) {
        const int n = ts_layer_tensors(&list.items[i], t);
        for (int k = 0; k < n; k++) {
            int64_t numbers;
            assert_true(ts_count_elements(t[k].size, t[k].rank, &numbers));
            sum += t[k].buffer ? 0 : numbers;
        }
    }
    *count = list.count;
    ts_layers_free(&list);
    json_decref(object);
    ts_ctx_close(&ctx);
    return sum;
}

static inline void has_numbers(const char *json, int64_t numbers)
{
    int64_t layers;
    const int64_t found = listed(json, &layers);
    if (found != numbers)
        fail_msg("%s: %lld numbers, expected %lld", json, (long long)found, (long long)numbers);
}

#endif
