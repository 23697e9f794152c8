/* weights_inside.h: what weights.c and weights_folder.c know of each other. */
#ifndef TS_IO_WEIGHTS_INSIDE_H
#define TS_IO_WEIGHTS_INSIDE_H

#include "ref/io/safetensors.h"
#include "ref/io/weights.h"
#include "ref/base/grad.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    char *name;
    ts_tensor value;
    const char *file; /* where it comes from, for messages */
    ts_grad *grad;    /* its record since gradients were switched on, or NULL */
} ts_weights_entry;

struct ts_weights {
    char *label, *config_path;
    char *component;
    json_t *config;
    ts_safetensors **files;
    int64_t file_count;
    ts_weights_entry *entries; /* sorted by name */
    int64_t count, room;
    bool want_grads;
    ts_grad **asked; /* records, in the order they were asked for */
    int64_t asked_count, asked_room;
};

/* Adds a tensor behind the others, without a look for its name; the caller sorts. */
ts_status ts_weights_append(ts_ctx *ctx, ts_weights *w, const char *file, const char *name,
                            ts_tensor t);
void ts_weights_sort(ts_weights *w);
ts_status ts_weights_no_memory(ts_ctx *ctx, const char *label);

#ifdef __cplusplus
}
#endif
#endif
