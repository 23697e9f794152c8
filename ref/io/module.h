/* module.h: anything that can be run by name.
 *
 * `touchstone run` and `touchstone check` call modules. A module is a part of a network under the
 * path of its PyTorch module ("flux_text.transformer_blocks.0.attn", "vae.decode"), an operation
 * ("ops.linear") or a function ("flux.scheduler"). Rooms offer tables of them; the command collects
 * the tables. A module takes its inputs and settings from a call and leaves its outputs there, in
 * order; gradients come from the tape without further work. */
#ifndef TS_IO_MODULE_H
#define TS_IO_MODULE_H

#include "ref/base/ctx.h"
#include "ref/io/items.h"
#include "ref/io/weights.h"

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_MAX_WILD = 4, TS_MAX_OPENED = 8 };

typedef struct ts_call {
    const char *module;         /* the name that was called */
    int64_t wild[TS_MAX_WILD];  /* the numbers that stood for '*' in the pattern */
    const char *rest;           /* what stood for a trailing '**' */
    ts_items inputs;            /* floats in the context's storage, integers as they were */
    const ts_items *given;      /* the same in the types of their file; or NULL */
    ts_items outputs;
    const json_t *settings;     /* an object, or NULL */
    const json_t *rows;         /* of a JSON case, or NULL: then `answer` is filled instead */
    json_t *answer;             /* given back with the call */
    json_t *facts;              /* likewise, or NULL: what the run counted, for reports */
    const char *checkpoint;     /* folder, or NULL */
    const char *lora;           /* file, or NULL */
    ts_weights *params;         /* param.* of the case, or NULL; the caller's */
    bool want_param_grads;
    const char *const *wanted;  /* names of the outputs that the case holds or the user asks for: */
    int wanted_count;           /* for modules whose output names are recipes (rng.*) */
    bool params_ready;          /* gradients of params are switched as wanted */
    ts_weights *opened[TS_MAX_OPENED]; /* weights that the module opened: closed after the call */
} ts_call;

typedef struct {
    const char *pattern;  /* '*' stands for a number, a trailing '**' for any path */
    const char *inputs;   /* "hidden_states (B, L, C); temb (B, C); [mask (L, L)]": [] optional */
    const char *outputs;  /* "0 text (B, T, C); 1 image (B, L, C)" */
    const char *settings; /* names that are known, separated by blanks; others are refused */
    const char *text;     /* one line: what it computes */
    ts_status (*run)(ts_ctx *ctx, ts_call *call);
} ts_module;

/* Some outputs are one decision together (which entries, in which order), and equality number by
 * number is the wrong question, or says too little. A reviewer has the last word on them: it looks at
 * the outputs under test and may change their verdicts, and add remarks. */
typedef struct ts_review {
    const ts_call *call; /* inputs as given, settings; no outputs: nothing has been run */
    ts_tensor (*result)(const struct ts_review *r, const char *output); /* contiguous, or empty */
    ts_tensor (*wanted)(const struct ts_review *r, const char *output); /* of the case, or empty */
    void (*settle)(const struct ts_review *r, const char *output, bool pass, const char *note);
    void (*remark)(const struct ts_review *r, const char *kind, const char *name, const char *text);
    void *arg;
} ts_review;

typedef struct {
    const char *module;
    ts_status (*review)(ts_ctx *ctx, const ts_review *r);
} ts_reviewer;

/* The first module of the table whose pattern fits; fills call->module, call->wild and
 * call->rest, which point into `name`. NULL when none fits. */
const ts_module *ts_module_find(const ts_module *table, const char *name, ts_call *call);

/* Inputs: a required one (missing: fails with module and name), an optional one (empty). */
ts_tensor ts_call_input(ts_ctx *ctx, const ts_call *call, const char *name);
ts_tensor ts_call_optional(const ts_call *call, const char *name);

/* The input of a module that has but one. PyTorch's layers call it input, x, hidden_states or
 * sample: in a call with one input, that is it under any name. */
ts_tensor ts_call_sole_input(ts_ctx *ctx, const ts_call *call, const char *name);
void ts_call_output(ts_ctx *ctx, ts_call *call, const char *name, ts_tensor value);

/* Settings, with a default; a value of another type fails. `key` may be a path: "config.d_ff". */
double ts_call_real(ts_ctx *ctx, const ts_call *call, const char *key, double otherwise);
int64_t ts_call_int(ts_ctx *ctx, const ts_call *call, const char *key, int64_t otherwise);
bool ts_call_bool(ts_ctx *ctx, const ts_call *call, const char *key, bool otherwise);
const char *ts_call_text(ts_ctx *ctx, const ts_call *call, const char *key, const char *otherwise);
const json_t *ts_call_json(const ts_call *call, const char *key);

/* The weights of the call: param.* of the case if it has any, otherwise the `component` of its
 * checkpoint (a pipeline folder or the component's own). Gradients of parameters are switched on as
 * the call wants. NULL after a failure; closed with the call. */
ts_weights *ts_call_weights(ts_ctx *ctx, ts_call *call, const char *component);

/* Hands over a set of weights that the module opened itself: gradients of its parameters are wanted
 * as the call says, and it is closed with the call. Call it before weights are looked up. */
ts_weights *ts_call_keep(ts_ctx *ctx, ts_call *call, ts_weights *w);

void ts_call_free(ts_call *call);

#ifdef __cplusplus
}
#endif
#endif
