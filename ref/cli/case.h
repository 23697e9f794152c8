/* case.h: a case file, read: what to run, with what, and what should come out.
 *
 * The format is documented in data/goldens/README.md: one safetensors file (in.*, param.*, out.*,
 * truth.*, truth_sin32.*, trace.*, grad.*, metadata), or a JSON file whose `rows` hold inputs and
 * answers. A file of inputs alone (names without "in.") is read, too. */
#ifndef TS_CLI_CASE_H
#define TS_CLI_CASE_H

#include "ref/io/module.h"
#include "ref/io/safetensors.h"

/* What to run. */
typedef struct {
    const char *module;
    json_t *settings;   /* an object, owned */
    char *checkpoint;   /* owned; NULL: none */
    char *lora;
    const json_t *rows; /* of a JSON case */
    ts_items inputs, cotangents, params; /* views of the file */
    const char **wanted;                 /* names of outputs that the file holds, or is asked for */
    int wanted_count;
    bool grads, param_grads;             /* gradients of inputs, and of parameters, are wanted */
} ts_job;

typedef enum { TS_OUTPUT, TS_TRACE, TS_GRADIENT } ts_kind;
const char *ts_kind_name(ts_kind kind);

/* One tensor that should come out. */
typedef struct {
    ts_kind kind;
    const char *name;            /* without "out.", "trace.", "grad." */
    ts_tensor published;         /* by the published program in float32; empty: not stored */
    ts_tensor truth, truth_sin32; /* empty: not stored */
} ts_target;

typedef struct {
    const char *path;
    ts_job job;
    ts_target *targets;
    int64_t count;
    json_t *expect;  /* {"error": kind}, or NULL */
    json_t *classes; /* a class name, or an object of them by output; or NULL */
    json_t *root;    /* of a JSON case */
    ts_safetensors *file;
} ts_case;

/* After a failure, too, to be closed. `path` must live on. */
ts_status ts_case_open(ts_ctx *ctx, ts_case *c, const char *path);
void ts_case_close(ts_case *c);

/* "key=value" into the settings: the value as JSON where it is that, else as a text; a key with dots
 * reaches into objects. */
ts_status ts_job_set(ts_ctx *ctx, ts_job *job, const char *assignment);
void ts_job_free(ts_job *job);

/* Sorts a tensor of a file into its place: false when the name has none of the known prefixes. */
bool ts_case_place(const char *name, const char **prefix, ts_kind *kind, const char **rest);

#endif
