/* weights.h: the parameters of a network, by name.
 *
 * A component of a checkpoint in the diffusers layout is a folder: config.json beside one
 * safetensors file, or beside several and an index. The files are mapped, not read: a weight is a
 * view of the mapping, of whatever type it was stored in (F64, F32, BF16, F16, F8_E4M3), and the
 * operations widen it as they read it. Weights can also be handed over one by one (golden cases
 * carry small networks as param.NAME). */
#ifndef TS_IO_WEIGHTS_H
#define TS_IO_WEIGHTS_H

#include "ref/base/ctx.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ts_weights ts_weights;

/* Opens the component folder `dir` (which holds config.json). `dir` may also be a pipeline folder
 * (with model_index.json): then its `component` subfolder is opened ("transformer", "vae",
 * "text_encoder", "text_encoder_2"). NULL after a failure. Closed by ts_weights_close, which may be
 * called with NULL; tensors obtained from it die with it. */
ts_weights *ts_weights_open(ts_ctx *ctx, const char *dir, const char *component);

/* The tensors of one safetensors file, without a configuration (an adapter, say). */
ts_weights *ts_weights_open_file(ts_ctx *ctx, const char *path);

/* An empty set without files, to be filled with ts_weights_add. `label` stands in messages. */
ts_weights *ts_weights_new(ts_ctx *ctx, const char *label);
void ts_weights_close(ts_weights *w);

/* Adds a tensor under a name; the data stays the caller's. A second one of that name fails. */
ts_status ts_weights_add(ts_ctx *ctx, ts_weights *w, const char *name, ts_tensor t);

/* The parsed config.json (never NULL for an opened folder; an empty object otherwise). */
const json_t *ts_weights_config(const ts_weights *w);
const char *ts_weights_label(const ts_weights *w); /* the folder, for messages */
const char *ts_weights_component(const ts_weights *w); /* the name it was opened as; "" otherwise */

/* Numbers, booleans and strings of the config. Without the key: `otherwise`, or, where `required`,
 * a failure that names file and key; a value of another type fails, too. */
int64_t ts_config_int(ts_ctx *ctx, const ts_weights *w, const char *key, int64_t otherwise);
double ts_config_real(ts_ctx *ctx, const ts_weights *w, const char *key, double otherwise);
bool ts_config_bool(ts_ctx *ctx, const ts_weights *w, const char *key, bool otherwise);
const char *ts_config_text(ts_ctx *ctx, const ts_weights *w, const char *key,
                           const char *otherwise);
int64_t ts_config_int_required(ts_ctx *ctx, const ts_weights *w, const char *key);
/* A list of integers into out[room]; returns how many there are (0 without the key). */
int ts_config_ints(ts_ctx *ctx, const ts_weights *w, const char *key, int64_t *out, int room);

/* The tensor of that name with these sizes (-1: any), as a view named by its full name. The name is
 * a printf format; sizes follow as `rank` int64_t after its arguments, given as an array. A missing
 * name, other sizes or a type that is not a float fail with file, tensor and expectation. When
 * gradients of parameters were asked for (ts_weights_want_grads), the view carries its record. */
ts_tensor ts_weight(ts_ctx *ctx, ts_weights *w, int rank, const int64_t *size, const char *format,
                    ...) TS_PRINTF(5, 6);

/* The same for what is not trained (running averages): without a gradient. */
ts_tensor ts_buffer(ts_ctx *ctx, ts_weights *w, int rank, const int64_t *size, const char *format,
                    ...) TS_PRINTF(5, 6);

bool ts_weights_has(const ts_weights *w, const char *name);
int64_t ts_weights_count(const ts_weights *w);
const char *ts_weights_name(const ts_weights *w, int64_t i); /* sorted */
ts_tensor ts_weights_tensor(const ts_weights *w, int64_t i); /* without gradient */

/* From here on weights handed out want gradients (with their names); those records can be walked.
 * Called before each run: records of the run before are forgotten. A weight that is asked for twice
 * in a run has one record. */
void ts_weights_want_grads(ts_weights *w, bool on);
int64_t ts_weights_grad_count(const ts_weights *w);
/* Empty: nothing flowed. */
ts_tensor ts_weights_grad(const ts_weights *w, int64_t i, const char **name);

/* Asks the system to read a weight's pages ahead. */
void ts_weights_prefetch(const ts_weights *w, const char *prefix);

#ifdef __cplusplus
}
#endif
#endif
