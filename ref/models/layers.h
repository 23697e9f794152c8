/* layers.h: what networks are made of, by the names of their PyTorch modules.
 *
 * A network is described twice: as a list of its layers (which parameters there are, of which sizes,
 * and how they begin), and as a forward pass, which finds the parameters of a layer under the path
 * that it is in. Gradients come from the tape. */
#ifndef TS_MODELS_LAYERS_H
#define TS_MODELS_LAYERS_H

#include "ref/io/weights.h"
#include "ref/ops/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_LAYER_CONV,       /* weight (out, in, kernel, kernel), in: of one group */
    TS_LAYER_LINEAR,     /* weight (out, in) */
    TS_LAYER_EMBEDDING,  /* weight (out, in): out rows of in numbers */
    TS_LAYER_NORM,       /* layer norm: weight (out) */
    TS_LAYER_BATCH_NORM, /* weight (out), and the buffers running_mean and running_var */
} ts_layer_kind;

typedef enum {
    TS_INIT_FAN_OUT, /* normal, variance 2 / (out kernel^2): He et al. 2015, for what ReLU follows */
    TS_INIT_NORMAL,  /* normal, deviation `scale` */
    TS_INIT_UNIFORM, /* in -1/sqrt(in) .. 1/sqrt(in), the bias too: torch.nn.Linear by itself */
    TS_INIT_ONE,
    TS_INIT_ZERO,
} ts_init;

enum { TS_LAYER_NAME = 64 };

typedef struct {
    char name[TS_LAYER_NAME]; /* "layer1.0.conv1" */
    ts_layer_kind kind;
    int64_t out, in, kernel;
    bool bias;    /* begins with zeros, but under TS_INIT_UNIFORM */
    ts_init init; /* of the weight */
    double scale;
} ts_layer;

/* A growing list; freed by ts_layers_free. Once the context has failed nothing is added. */
typedef struct {
    ts_layer *items;
    int64_t count, room;
} ts_layers;

void ts_layers_add(ts_ctx *ctx, ts_layers *list, ts_layer layer, const char *format, ...)
    TS_PRINTF(4, 5);
void ts_layers_free(ts_layers *list);

/* One tensor of a layer. */
typedef struct {
    char name[TS_LAYER_NAME + 16];
    int rank;
    int64_t size[4];
    bool buffer; /* not trained: a running average */
    ts_init init;
    double scale;    /* of a normal, half the width of a uniform one */
} ts_layer_tensor;

enum { TS_LAYER_TENSORS = 4 };

/* The tensors of a layer, weight first; returns how many. */
int ts_layer_tensors(const ts_layer *layer, ts_layer_tensor out[TS_LAYER_TENSORS]);

/* Fails, naming tensor and file, unless the weights hold every tensor of the list at its size. */
ts_status ts_layers_check(ts_ctx *ctx, ts_weights *weights, const ts_layers *list);

/* The beginning of a tensor: n numbers of stream `stream` of the seed, the same whatever the type of
 * `out` (F32 or F64, contiguous). */
void ts_layer_begin(ts_tensor out, const ts_layer_tensor *t, uint64_t seed, uint64_t stream);

/* Forward. --------------------------------------------------------------------------------------- */

/* A running average after the step: to be written into the buffer when the step is taken. */
typedef struct ts_running {
    struct ts_running *before;
    const char *name; /* "layer1.0.bn1.running_mean" */
    ts_tensor value;
} ts_running;

/* A forward pass under way. */
typedef struct {
    ts_weights *weights;
    bool train;              /* statistics of the batch, dropout */
    double eps, momentum;    /* of batch norms (momentum: the share of the new batch) */
    double dropout;          /* the rate */
    ts_dropout_key key;      /* key.layer counts the dropouts of the pass */
    ts_running *running;     /* newest first; in the context's arena */
} ts_pass;

/* The layer `leaf` below the context's path, whose parameters are found there. */
ts_tensor ts_pass_conv(ts_ctx *ctx, const ts_pass *pass, const char *leaf, ts_tensor x,
                       int64_t stride, int64_t padding);
ts_tensor ts_pass_linear(ts_ctx *ctx, const ts_pass *pass, const char *leaf, ts_tensor x);
ts_tensor ts_pass_layer_norm(ts_ctx *ctx, const ts_pass *pass, const char *leaf, ts_tensor x);
ts_tensor ts_pass_batch_norm(ts_ctx *ctx, ts_pass *pass, const char *leaf, ts_tensor x);
ts_tensor ts_pass_dropout(ts_ctx *ctx, ts_pass *pass, ts_tensor x);

/* ReLU as the module `leaf`. */
ts_tensor ts_pass_relu(ts_ctx *ctx, const char *leaf, ts_tensor x);

/* A parameter below the context's path. */
ts_tensor ts_pass_weight(ts_ctx *ctx, const ts_pass *pass, const char *leaf, int rank);

#ifdef __cplusplus
}
#endif
#endif
