/* ops_product.c: linear, matmul, convolution and attention as modules: `touchstone run ops.linear`.
 * Inputs and settings have the names of the PyTorch function. */
#include "ref/cli/modules.h"
#include "ref/ops/ops.h"

#include <math.h>

static ts_status give(ts_ctx *ctx, ts_call *call, ts_tensor y)
{
    ts_call_output(ctx, call, "output", y);
    return ts_ctx_status(ctx);
}

static ts_status run_linear(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_call_input(ctx, call, "input"), w = ts_call_input(ctx, call, "weight");
    return give(ctx, call, ts_linear(ctx, x, w, ts_call_optional(call, "bias")));
}

static ts_status run_matmul(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor a = ts_call_input(ctx, call, "input"), b = ts_call_input(ctx, call, "other");
    return give(ctx, call, ts_matmul(ctx, a, b));
}

/* One integer, for all `room` entries, or a list; the number of entries, 0 without the key. */
static int integers(ts_ctx *ctx, const ts_call *call, const char *key, int64_t *out, int room)
{
    const json_t *value = ts_call_json(call, key);
    const int n = json_is_array(value) ? (int)json_array_size(value) : 0;
    if (!value)
        return 0;
    bool fine = n <= room && (n > 0 || json_is_integer(value));
    for (int i = 0; i < (n ? n : room) && fine; i++) {
        const json_t *item = n ? json_array_get(value, (size_t)i) : value;
        fine = json_is_integer(item);
        out[i] = fine ? (int64_t)json_integer_value(item) : 0;
    }
    if (!fine)
        ts_fail(ctx, TS_ERROR_USAGE, "setting %s: an integer or a list of at most %d", key, room);
    return fine ? (n ? n : room) : 0;
}

/* padding: one for all sides, [down, across] as Conv2d has it, or [left, right, top, bottom] as
 * functional.pad has it. */
static void read_padding(ts_ctx *ctx, const ts_call *call, ts_conv *config)
{
    int64_t pad[4] = {0};
    const int n = integers(ctx, call, "padding", pad, 4);
    if (n == 2) {
        config->top = config->bottom = pad[0];
        config->left = config->right = pad[1];
    } else if (n == 4) {
        config->left = pad[0];
        config->right = pad[1];
        config->top = pad[2];
        config->bottom = pad[3];
    } else if (n) {
        ts_fail(ctx, TS_ERROR_USAGE, "setting padding: one, two or four integers");
    }
}

static ts_status run_conv2d(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = ts_call_input(ctx, call, "input"), w = ts_call_input(ctx, call, "weight");
    ts_conv config = {.groups = ts_call_int(ctx, call, "groups", 1)};
    if (integers(ctx, call, "stride", config.stride, 2) == 1)
        ts_fail(ctx, TS_ERROR_USAGE, "setting stride: an integer or two");
    read_padding(ctx, call, &config);
    return give(ctx, call, ts_conv2d(ctx, x, w, ts_call_optional(call, "bias"), config));
}

/* segments: [0, ..., tokens]; between: what pair (i, j) of them adds, null: i does not see j. */
static void read_segments(ts_ctx *ctx, const ts_call *call, ts_attention_bias *bias)
{
    const json_t *between = ts_call_json(call, "between");
    const int n = integers(ctx, call, "segments", bias->start, TS_MAX_SEGMENTS + 1);
    if (n == 0)
        return;
    bias->segments = n - 1;
    bool fine = json_is_array(ts_call_json(call, "segments")) && n > 1 &&
                json_array_size(between) == (size_t)bias->segments;
    for (int i = 0; i < bias->segments && fine; i++)
        for (int j = 0; j < bias->segments && fine; j++) {
            const json_t *row = json_array_get(between, (size_t)i);
            const json_t *item = json_array_get(row, (size_t)j);
            fine = json_array_size(row) == (size_t)bias->segments &&
                   (json_is_null(item) || json_is_number(item));
            bias->between[i][j] = json_is_null(item) ? (double)-INFINITY : json_number_value(item);
        }
    if (!fine)
        ts_fail(ctx, TS_ERROR_USAGE, "setting between: as many rows of as many numbers or nulls as "
                                     "there are segments");
}

/* Up to three runs: without a mask, with mask_bool, with mask_float. */
static ts_status run_attention(ts_ctx *ctx, ts_call *call)
{
    static const char *const masks[3][2] = {
        {NULL, "0"}, {"mask_bool", "bool"}, {"mask_float", "float"}};
    const ts_tensor q = ts_call_input(ctx, call, "query"), k = ts_call_input(ctx, call, "key");
    const ts_tensor v = ts_call_input(ctx, call, "value");
    ts_attention_bias bias = {.causal = ts_call_bool(ctx, call, "is_causal", false)};
    read_segments(ctx, call, &bias);
    if (ctx->status)
        return ctx->status;
    const int64_t d = q.rank ? ts_size(q, -1) : 0;
    const double scale = ts_call_real(ctx, call, "scale", d ? 1.0 / sqrt((double)d) : 1.0);
    for (int i = 0; i < 3; i++) {
        bias.mask = masks[i][0] ? ts_call_optional(call, masks[i][0]) : (ts_tensor){0};
        if (!masks[i][0] || !ts_is_empty(bias.mask))
            ts_call_output(ctx, call, masks[i][1], ts_attention(ctx, q, k, v, scale, &bias));
    }
    return ts_ctx_status(ctx);
}

const ts_module ts_ops_product_modules[] = {
    {"ops.linear", "input (..., k); weight (n, k); [bias (n)]", "output (..., n)", "",
     "input weight^T + bias", run_linear},
    {"ops.matmul", "input (..., m, k); other (..., k, n) or (k, n)", "output (..., m, n)", "",
     "products of pairs of matrices", run_matmul},
    {"ops.conv2d", "input (B, C, H, W); weight (O, C / groups, h, w); [bias (O)]",
     "output (B, O, H', W')", "stride padding groups",
     "convolution; padding: all sides, [down, across] or [left, right, top, bottom]", run_conv2d},
    {"ops.attention",
     "query (B, H, Lq, d); key (B, H, Lk, d); value (B, H, Lk, dv); [mask_bool]; [mask_float]",
     "0 (B, H, Lq, dv); [bool]; [float]", "scale is_causal segments between",
     "softmax(scale query key^T + masks) value: without a mask, and with each that is given; scale "
     "is 1 / sqrt(d) unless given; a query that sees nothing is 0",
     run_attention},
    {0},
};
