/* ops_shape.c: views, joins, look-up, resizing, pooling, packing and losses as modules: `touchstone
 * run ops.max_pool`. Inputs and settings have the names of the PyTorch function. */
#include "ref/cli/modules.h"
#include "ref/ops/ops.h"

#include <stdio.h>

/* The only output. A view is laid out first: what leaves is an array. */
static ts_status give(ts_ctx *ctx, ts_call *call, ts_tensor y)
{
    ts_call_output(ctx, call, "output", ts_contiguous(ctx, y));
    return ts_ctx_status(ctx);
}

static ts_tensor input(ts_ctx *ctx, const ts_call *call)
{
    return ts_call_input(ctx, call, "input");
}

/* A list of integers from the settings into out[room], or one integer for all; the number read, 0
 * when the key is missing. Anything else fails. */
static int list_of(ts_ctx *ctx, const ts_call *call, const char *key, int64_t *out, int room)
{
    const json_t *value = ts_call_json(call, key);
    const int n = json_is_array(value) ? (int)json_array_size(value) : 0;
    if (json_is_integer(value)) {
        for (int i = 0; i < room; i++)
            out[i] = json_integer_value(value);
        return room;
    }
    if (value && (!json_is_array(value) || n > room)) {
        ts_fail(ctx, TS_ERROR_USAGE, "setting %s: a list of at most %d integers", key, room);
        return 0;
    }
    for (int i = 0; i < n; i++) {
        const json_t *item = json_array_get(value, (size_t)i);
        if (!json_is_integer(item)) {
            ts_fail(ctx, TS_ERROR_USAGE, "setting %s: entry %d is not an integer", key, i);
            return 0;
        }
        out[i] = json_integer_value(item);
    }
    return n;
}

/* The same with exactly `count` integers. */
static bool list_exactly(ts_ctx *ctx, const ts_call *call, const char *key, int64_t *out, int count)
{
    if (list_of(ctx, call, key, out, count) == count)
        return true;
    ts_fail(ctx, TS_ERROR_USAGE, "setting %s: %d integers are needed", key, count);
    return false;
}

static ts_status run_slice(ts_ctx *ctx, ts_call *call)
{
    return give(ctx, call, ts_slice(ctx, input(ctx, call), (int)ts_call_int(ctx, call, "dim", 0),
                                    ts_call_int(ctx, call, "start", 0),
                                    ts_call_int(ctx, call, "length", 0)));
}

static ts_status run_permute(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call);
    int64_t dims[TS_MAX_RANK] = {0};
    int order[TS_MAX_RANK];
    if (ctx->status || !list_exactly(ctx, call, "dims", dims, x.rank))
        return ts_ctx_status(ctx);
    for (int i = 0; i < TS_MAX_RANK; i++)
        order[i] = dims[i] >= 0 && dims[i] < TS_MAX_RANK ? (int)dims[i] : TS_MAX_RANK;
    return give(ctx, call, ts_permute(ctx, x, order));
}

static ts_status run_transpose(ts_ctx *ctx, ts_call *call)
{
    return give(ctx, call, ts_transpose(ctx, input(ctx, call),
                                        (int)ts_call_int(ctx, call, "dim0", 0),
                                        (int)ts_call_int(ctx, call, "dim1", 1)));
}

static ts_status run_reshape(ts_ctx *ctx, ts_call *call)
{
    int64_t shape[TS_MAX_RANK];
    const int rank = list_of(ctx, call, "shape", shape, TS_MAX_RANK);
    return give(ctx, call, ts_reshape(ctx, input(ctx, call), rank, shape));
}

enum { MANY = 64 };

static ts_status run_concat(ts_ctx *ctx, ts_call *call)
{
    ts_tensor parts[MANY];
    int count = 0;
    for (; count < MANY; count++) {
        char name[32];
        snprintf(name, sizeof name, "tensors.%d", count);
        parts[count] = ts_call_optional(call, name);
        if (ts_is_empty(parts[count]))
            break;
    }
    return give(ctx, call, ts_concat(ctx, parts, count, (int)ts_call_int(ctx, call, "dim", 0)));
}

static ts_status run_split_heads(ts_ctx *ctx, ts_call *call)
{
    return give(ctx, call, ts_split_heads(ctx, input(ctx, call),
                                          ts_call_int(ctx, call, "heads", 1)));
}

static ts_status run_merge_heads(ts_ctx *ctx, ts_call *call)
{
    return give(ctx, call, ts_merge_heads(ctx, input(ctx, call)));
}

static ts_status run_pack(ts_ctx *ctx, ts_call *call)
{
    return give(ctx, call, ts_pack(ctx, input(ctx, call)));
}

static ts_status run_unpack(ts_ctx *ctx, ts_call *call)
{
    return give(ctx, call, ts_unpack(ctx, input(ctx, call), ts_call_int(ctx, call, "height", 0),
                                     ts_call_int(ctx, call, "width", 0)));
}

static ts_status run_embedding(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor ids = input(ctx, call), weight = ts_call_input(ctx, call, "weight");
    return give(ctx, call, ts_embedding(ctx, weight, ids));
}

static ts_status run_relative_bias(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor weight = ts_call_input(ctx, call, "weight");
    const int64_t lq = ts_call_int(ctx, call, "query_length", 1);
    return give(ctx, call, ts_relative_bias(ctx, weight, lq,
                                            ts_call_int(ctx, call, "key_length", lq),
                                            ts_call_bool(ctx, call, "bidirectional", true),
                                            ts_call_int(ctx, call, "max_distance", 128)));
}

static ts_status run_nearest(ts_ctx *ctx, ts_call *call)
{
    int64_t size[2];
    if (!list_exactly(ctx, call, "size", size, 2))
        return ts_ctx_status(ctx);
    return give(ctx, call, ts_resize_nearest(ctx, input(ctx, call), size[0], size[1]));
}

static ts_status run_bilinear(ts_ctx *ctx, ts_call *call)
{
    int64_t size[2];
    if (!list_exactly(ctx, call, "size", size, 2))
        return ts_ctx_status(ctx);
    const bool align = ts_call_bool(ctx, call, "align_corners", false);
    return give(ctx, call, ts_resize_bilinear(ctx, input(ctx, call), size[0], size[1], align));
}

static ts_status run_linear(ts_ctx *ctx, ts_call *call)
{
    return give(ctx, call, ts_resize_linear(ctx, input(ctx, call),
                                            ts_call_int(ctx, call, "size", 1)));
}

static bool pool_of(ts_ctx *ctx, const ts_call *call, ts_pool *pool)
{
    int64_t padding[2] = {0, 0};
    *pool = (ts_pool){.count_padding = true};
    if (!list_exactly(ctx, call, "kernel_size", pool->size, 2))
        return false;
    if (ts_call_json(call, "stride"))
        list_exactly(ctx, call, "stride", pool->stride, 2);
    if (ts_call_json(call, "padding"))
        list_exactly(ctx, call, "padding", padding, 2);
    pool->top = pool->bottom = padding[0];
    pool->left = pool->right = padding[1];
    return !ctx->status;
}

static ts_status run_avg_pool(ts_ctx *ctx, ts_call *call)
{
    ts_pool pool;
    if (!pool_of(ctx, call, &pool))
        return ts_ctx_status(ctx);
    pool.count_padding = ts_call_bool(ctx, call, "count_include_pad", true);
    return give(ctx, call, ts_avg_pool(ctx, input(ctx, call), pool));
}

static ts_status run_max_pool(ts_ctx *ctx, ts_call *call)
{
    ts_pool pool;
    if (!pool_of(ctx, call, &pool))
        return ts_ctx_status(ctx);
    return give(ctx, call, ts_max_pool(ctx, input(ctx, call), pool));
}

static ts_status run_mse(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call), target = ts_call_input(ctx, call, "target");
    return give(ctx, call, ts_mse(ctx, x, target, ts_call_optional(call, "weight")));
}

static ts_status run_adaptive_avg_pool(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call);
    const json_t *size = ts_call_json(call, "output_size");
    const json_t *h = json_array_get(size, 0), *w = json_array_get(size, 1);
    if (!json_is_integer(h) || !json_is_integer(w))
        return ts_fail(ctx, TS_ERROR_USAGE, "setting output_size: two integers");
    return give(ctx, call, ts_adaptive_avg_pool(ctx, x, json_integer_value(h),
                                                json_integer_value(w)));
}

static ts_status run_cross_entropy(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor x = input(ctx, call), target = ts_call_input(ctx, call, "target");
    const double smoothing = ts_call_real(ctx, call, "label_smoothing", 0.0);
    return give(ctx, call, ts_cross_entropy_smooth(ctx, x, target, smoothing));
}

static ts_status run_ctc(ts_ctx *ctx, ts_call *call)
{
    const ts_tensor log_p = ts_call_input(ctx, call, "log_probs");
    const ts_tensor labels = ts_call_input(ctx, call, "targets");
    const ts_tensor times = ts_call_input(ctx, call, "input_lengths");
    const ts_tensor counts = ts_call_input(ctx, call, "target_lengths");
    const int64_t blank = ts_call_int(ctx, call, "blank", 0);
    const bool zero = ts_call_bool(ctx, call, "zero_infinity", false);
    return give(ctx, call, ts_ctc(ctx, log_p, labels, times, counts, blank, zero));
}

const ts_module ts_ops_shape_modules[] = {
    {"ops.slice", "input (...)", "output", "dim start length", "a part of one axis", run_slice},
    {"ops.permute", "input (...)", "output", "dims", "axes in another order", run_permute},
    {"ops.transpose", "input (...)", "output", "dim0 dim1", "two axes exchanged", run_transpose},
    {"ops.reshape", "input (...)", "output", "shape", "other sizes; one may be -1", run_reshape},
    {"ops.concat", "tensors.0 (...); tensors.1 ...", "output", "dim", "joined along an axis",
     run_concat},
    {"ops.split_heads", "input (B, L, H d)", "output (B, H, L, d)", "heads", "heads of attention",
     run_split_heads},
    {"ops.merge_heads", "input (B, H, L, d)", "output (B, L, H d)", "", "and back",
     run_merge_heads},
    {"ops.pack", "input (B, C, H, W)", "output (B, H/2 W/2, 4 C)", "", "2 x 2 patches as tokens",
     run_pack},
    {"ops.unpack", "input (B, L, 4 C)", "output (B, C, height, width)", "height width",
     "tokens as a picture", run_unpack},
    {"ops.embedding", "input (...) integers; weight (rows, n)", "output (..., n)", "",
     "rows of a table", run_embedding},
    {"ops.relative_bias", "weight (buckets, heads)", "output (1, heads, Lq, Lk)",
     "query_length key_length bidirectional max_distance", "T5's relative position bias",
     run_relative_bias},
    {"ops.resize_nearest", "input (B, C, H, W)", "output (B, C, h, w)", "size",
     "nearest neighbour", run_nearest},
    {"ops.resize_bilinear", "input (B, C, H, W)", "output (B, C, h, w)", "size align_corners",
     "bilinear, without smoothing", run_bilinear},
    {"ops.resize_linear", "input (..., L)", "output (..., n)", "size", "linear, last axis",
     run_linear},
    {"ops.avg_pool", "input (B, C, H, W)", "output (B, C, h, w)",
     "kernel_size stride padding count_include_pad", "means of windows", run_avg_pool},
    {"ops.max_pool", "input (B, C, H, W)", "output (B, C, h, w)", "kernel_size stride padding",
     "the largest of windows; of equal values the first", run_max_pool},
    {"ops.mse", "input (...); target (...); [weight]", "output ()", "",
     "mean square error of weight * input and weight * target", run_mse},
    {"ops.adaptive_avg_pool", "input (B, C, H, W)", "output (B, C, h, w)", "output_size",
     "means of windows as even as they can be", run_adaptive_avg_pool},
    {"ops.cross_entropy", "input (rows, classes); target (rows) integers", "output ()",
     "label_smoothing", "mean of -log softmax at the target", run_cross_entropy},
    {"ops.ctc",
     "log_probs (T, B, classes); targets (B, S); input_lengths (B); target_lengths (B)",
     "output (B)", "blank zero_infinity", "connectionist temporal classification", run_ctc},
    {0},
};
